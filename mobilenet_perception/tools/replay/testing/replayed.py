# SPDX-License-Identifier: Apache-2.0
"""A replay as far as another one is compared with it: labels, typical times, circumstances.

The labels of one camera over time, and two such timelines frame by frame.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath
from statistics import median
from typing import Any, NamedTuple

from mobilenet_perception.errors import PerceptionError


class TimelineFrame(NamedTuple):
    """What a replay gave for one frame.

    Attributes:
        stamp_ns: capture stamp in the source, in nanoseconds.
        time_s: seconds since the first frame of the source.
        outcome: what became of it.
        label: the best label; empty where there was none within the budget.
        score: its calibrated probability, 0 to 1; None without a label.
        decision: the decision after it.
        variant: what it ran on, or empty.
    """

    stamp_ns: int
    time_s: float
    outcome: str
    label: str
    score: float | None
    decision: str
    variant: str

    @property
    def shown(self) -> str:
        """The label, or the outcome in brackets where there is none."""
        return self.label or f'({self.outcome})'


class Pair(NamedTuple):
    """A frame as expected and as it came; None: it is missing there.

    Attributes:
        number: of the frame within its camera, from 1; 0: it was not expected.
        expected: what was expected.
        came: what came.
    """

    number: int
    expected: TimelineFrame | None
    came: TimelineFrame | None

    @property
    def time_s(self) -> float:
        """Seconds since the first frame, as expected where it was."""
        frame = self.expected or self.came
        assert frame is not None
        return frame.time_s


def timeline(frames: Iterable[Mapping[str, Any]]) -> list[TimelineFrame]:
    """Read the frames of one camera of a report or golden file.

    Raises:
        KeyError: a field is missing.
    """
    return [TimelineFrame(*(frame[name] for name in TimelineFrame._fields)) for frame in frames]


def align(expected: Sequence[TimelineFrame], came: Sequence[TimelineFrame]) -> list[Pair]:
    """Pair the frames of two timelines by their stamps, in the order of time.

    Frames of one stamp, such as all of a camera that gives none, are paired in their order.
    """
    left = dict(_keyed(came))
    pairs = [
        Pair(number, frame, left.pop(key, None))
        for number, (key, frame) in enumerate(_keyed(expected), start=1)
    ]
    pairs += [Pair(0, None, frame) for frame in left.values()]
    return sorted(pairs, key=lambda pair: pair.time_s)


def _keyed(frames: Iterable[TimelineFrame]) -> Iterable[tuple[tuple[int, int], TimelineFrame]]:
    seen: Counter[int] = Counter()
    for frame in frames:
        yield (frame.stamp_ns, seen[frame.stamp_ns]), frame
        seen[frame.stamp_ns] += 1


# Of the stages of a frame's life, those that this package and the runtime spend on it.
STAGES = ('decode', 'preprocess', 'inference', 'postprocess')
# Inference apart, since each variant has a time of its own.
OTHER_STAGES = tuple(stage for stage in STAGES if stage != 'inference')


class Replayed(NamedTuple):
    """What a replay gave.

    Attributes:
        version: of this package.
        mode: `fast`, `paced` or `ros`.
        source: name of what was played, without the folders above it.
        source_digest: SHA-256 of its files; empty: not known.
        bundle: name, digest and labels, as a report has them.
        machine: processor, runtime and versions, as a report has them.
        settings: how it was played; what is absent is not known.
        inference_ms: median inference time by variant, in milliseconds.
        stages_ms: medians of `OTHER_STAGES`, in milliseconds.
        cameras: the frames, by camera.
    """

    version: str
    mode: str
    source: str
    source_digest: str
    bundle: dict[str, Any]
    machine: dict[str, Any]
    settings: dict[str, Any]
    inference_ms: dict[str, float]
    stages_ms: dict[str, float]
    cameras: dict[str, list[TimelineFrame]]


def replayed(
    report: Mapping[str, Any], settings: Mapping[str, Any] | None = None, source_digest: str = ''
) -> Replayed:
    """Return what a report that `report.json_report` made says.

    Args:
        report: as read from JSON, or fresh.
        settings: how it was played, JSON values by name.
        source_digest: of the source.

    Raises:
        PerceptionError: it is no such report.
    """
    try:
        frames = [frame for camera in report['cameras'].values() for frame in camera['frames']]
        return Replayed(
            version=report['version'],
            mode=report['mode'],
            source=PurePath(report['source']).name,
            source_digest=source_digest,
            bundle={name: report['bundle'][name] for name in ('name', 'digest', 'labels')},
            machine=dict(report['machine']),
            settings={'latency_budget_ms': report['latency_budget_ms'], **(settings or {})},
            inference_ms=_inference_ms(frames),
            stages_ms={stage: _median(_times(frames, stage)) for stage in OTHER_STAGES},
            cameras={name: timeline(item['frames']) for name, item in report['cameras'].items()},
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise PerceptionError(
            f'this is no report of a replay ({type(error).__name__}: {error}): '
            'name a file that `replay --json` wrote'
        ) from None


def _inference_ms(frames: list[Mapping[str, Any]]) -> dict[str, float]:
    variants = dict.fromkeys(frame['variant'] for frame in frames if frame['variant'])
    found = {}
    for variant in variants:
        of_variant = [frame for frame in frames if frame['variant'] == variant]
        found[variant] = _median(_times(of_variant, 'inference'))
    return found


def _times(frames: Iterable[Mapping[str, Any]], stage: str) -> list[float]:
    return [frame['times_ms'][stage] for frame in frames if stage in frame['times_ms']]


def _median(values: list[float]) -> float:
    return round(median(values), 3) if values else 0.0
