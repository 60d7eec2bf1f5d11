# SPDX-License-Identifier: Apache-2.0
"""The golden file of a replay: what it gave when it was right. Text, to be read in a diff.

A replay is kept as far as another one is compared with it: the labels of each camera over time,
those of each thing that its regions name, typical times of its stages, and the circumstances.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePath
from statistics import median
from types import MappingProxyType
from typing import Any, NamedTuple

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.system.files import write_atomically
from mobilenet_perception.tools.report.scoring import seen_in

SCHEMA = 'mobilenet_perception.golden_replay'
SCHEMA_VERSION = 1
# Of the files of several bags: <bag> and this.
GOLDEN_SUFFIX = '.golden.json'
# Of the stages of a frame's life, those that this package and the runtime spend on it; inference
# apart, since each variant has a time of its own.
WITHOUT_ID = '(without id)'
OTHER_STAGES = ('decode', 'preprocess', 'postprocess')


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
        roi: of a thing: the box in which it was looked at, or where it was last.
    """

    stamp_ns: int
    time_s: float
    outcome: str
    label: str
    score: float | None
    decision: str
    variant: str
    roi: tuple[int, ...] | None = None

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
        things: what was said of each thing, by camera and id; those without an id are one.
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
    things: Mapping[str, dict[str, list[TimelineFrame]]] = MappingProxyType({})

    def timelines(self) -> dict[str, list[TimelineFrame]]:
        """Return the timelines of cameras and, as `camera/id`, of things."""
        return {
            **self.cameras,
            **{
                f'{camera}/{name or WITHOUT_ID}': frames
                for camera, things in self.things.items()
                for name, frames in things.items()
            },
        }


class Tolerances(NamedTuple):
    """By how much a replay may differ from its golden file.

    Attributes:
        score: of a frame's score, 0 to 1: processors round differently.
        stage_ms: by how many milliseconds the median of a stage may grow, where time counts.
    """

    score: float = 0.02
    stage_ms: float = 10.0


class Golden(NamedTuple):
    """A golden file: its name, what it expects, and how exactly."""

    name: str
    replayed: Replayed
    tolerances: Tolerances


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
            things=things_of(report),
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


def timeline(frames: Iterable[Mapping[str, Any]], boxes: bool = False) -> list[TimelineFrame]:
    """Read the frames of one camera, or what was said of a thing, of a report or golden file.

    Args:
        frames: as JSON has them.
        boxes: where each was looked at counts: they are of a thing.

    Raises:
        KeyError: a field is missing.
    """
    names = [name for name in TimelineFrame._fields if name != 'roi']
    return [
        TimelineFrame(
            **{name: frame[name] for name in names},
            roi=tuple(frame['roi']) if boxes and frame.get('roi') else None,
        )
        for frame in frames
    ]


def things_of(report: Mapping[str, Any]) -> dict[str, dict[str, list[TimelineFrame]]]:
    """Return the timelines of the things of a report, by camera and id; older reports have none.

    Raises:
        KeyError: a field is missing.
    """
    found: dict[str, dict[str, list[TimelineFrame]]] = {}
    for camera, item in report['cameras'].items():
        for frame in item['frames']:
            for thing in frame.get('things') or ():
                own = found.setdefault(camera, {}).setdefault(thing['id'], [])
                own += timeline([seen_in(frame, thing)], boxes=True)
    return found


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


def read_golden(path: Path) -> Golden:
    """Read a golden file.

    Raises:
        PerceptionError: it is absent, or no golden file of this release.
    """
    anew = '`replay --expect FILE --update` or `pytest --replay-update` writes it anew'
    try:
        value = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise PerceptionError(f'{path} does not exist: {anew}') from None
    except OSError as error:
        raise PerceptionError(f'{path} cannot be read: {error.strerror}') from None
    except ValueError as error:
        raise PerceptionError(f'{path} is not JSON ({error}): {anew}') from None
    if not isinstance(value, dict) or value.get('schema') != SCHEMA:
        raise PerceptionError(f'{path} is not a golden file of a replay: {anew}')
    if value.get('schema_version') != SCHEMA_VERSION:
        raise PerceptionError(
            f'{path} has schema version {value.get("schema_version")} and this release reads '
            f'{SCHEMA_VERSION}: {anew}'
        )
    try:
        return Golden(path.name, _replayed(value), Tolerances(**value['tolerances']))
    except (KeyError, TypeError, AttributeError) as error:
        raise PerceptionError(
            f'{path} is damaged ({type(error).__name__}: {error}): {anew}'
        ) from None


def update_golden(path: Path, found: Replayed) -> None:
    """Write a golden file, all or nothing; tolerances that were set in an old one stay.

    Raises:
        OSError: it cannot be written.
    """
    try:
        tolerances = read_golden(path).tolerances
    except PerceptionError:
        tolerances = Tolerances()
    write_atomically(path, golden_text(found, tolerances))


def golden_text(found: Replayed, tolerances: Tolerances) -> str:
    """Return the text of a golden file: a line for each frame."""
    head: dict[str, Any] = {
        'schema': SCHEMA,
        'schema_version': SCHEMA_VERSION,
        'tolerances': tolerances._asdict(),
        **found._asdict(),
    }
    cameras, things = _lines(head.pop('cameras'), '  '), head.pop('things')
    start = json.dumps(head, indent=1, ensure_ascii=False).removesuffix('\n}')
    more = ',\n'.join(
        f'  {json.dumps(camera)}: {{\n{_lines(own, "   ")}\n  }}' for camera, own in things.items()
    )
    end = f',\n "things": {{\n{more}\n }}' if things else ''
    return f'{start},\n "cameras": {{\n{cameras}\n }}{end}\n}}\n'


def _lines(timelines: Mapping[str, Iterable[TimelineFrame]], indent: str) -> str:
    return ',\n'.join(
        f'{indent}{json.dumps(name)}: [\n'
        + ',\n'.join(f'{indent} {json.dumps(_values(frame))}' for frame in frames)
        + f'\n{indent}]'
        for name, frames in timelines.items()
    )


def _values(frame: TimelineFrame) -> dict[str, Any]:
    values = frame._asdict()
    if frame.roi is None:
        del values['roi']
    return values


def _replayed(value: dict[str, Any]) -> Replayed:
    fields = {name: value[name] for name in Replayed._fields if name != 'things'}
    fields['cameras'] = {name: timeline(frames) for name, frames in fields['cameras'].items()}
    # Files from before there were regions have none.
    things = {
        camera: {name: timeline(frames, boxes=True) for name, frames in own.items()}
        for camera, own in value.get('things', {}).items()
    }
    return Replayed(**fields, things=things)
