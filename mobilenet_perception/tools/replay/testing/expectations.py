# SPDX-License-Identifier: Apache-2.0
"""What a replay must give, and whether it does: labels and decisions over time, and limits."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.pipeline.decision import STALE, UNKNOWN
from mobilenet_perception.tools.replay.testing.compare import exchanged_labels
from mobilenet_perception.tools.replay.testing.difference import Difference
from mobilenet_perception.tools.replay.testing.golden import (
    Pair,
    TimelineFrame,
    things_of,
    timeline,
)

# Over DDS a decision is heard a little after the frame that it is paired with.
_HEARD_LATE_MS = 100.0
# Cameras and things that a message names.
_MOST_NAMED = 12


class LabelInterval(NamedTuple):
    """Every frame of a stretch of time has this label, both ends included.

    Attributes:
        start_s: seconds since the first frame of the source.
        end_s: likewise.
        label: the label; of decisions also `unknown` or `stale`.
        camera: name of the camera, or id of a thing that its regions name (where two cameras have
            that id, `camera/id`); empty: the only one.
    """

    start_s: float
    end_s: float
    label: str
    camera: str = ''


class Expectations(NamedTuple):
    """What a replay must give; None and empty: nothing is expected of it.

    Attributes:
        labels: the labels of single frames over time.
        decisions: the decisions over time, which single wrong frames do not turn.
        accuracy_at_least: share of the clear frames of known truth that are right, 0 to 1.
        miss_rate_at_most: share of frames without an answer in time, 0 to 1, those lost over DDS
            included and those superseded left out.
        p99_ms_at_most: 99th percentile of the answers' age, in milliseconds; not of fast replays,
            where frames wait for nothing and no camera's time passes.
        lost_at_most: frames that the node never heard of.
        decision_timeout_ms: no label is decided for longer than this after the last on-time frame
            that showed it: no decision is held beyond its evidence.
    """

    labels: tuple[LabelInterval, ...] = ()
    decisions: tuple[LabelInterval, ...] = ()
    accuracy_at_least: float | None = None
    miss_rate_at_most: float | None = None
    p99_ms_at_most: float | None = None
    lost_at_most: int | None = None
    decision_timeout_ms: float | None = None


def intervals(given: Iterable[Sequence[Any]]) -> tuple[LabelInterval, ...]:
    """Read (start_s, end_s, label) or (start_s, end_s, label, camera) tuples.

    Raises:
        PerceptionError: one is neither.
    """
    found = []
    for item in given:
        try:
            start_s, end_s, label, *camera = item
            found.append(
                LabelInterval(float(start_s), float(end_s), str(label), *map(str, camera))
            )
        except (TypeError, ValueError):
            raise PerceptionError(
                f'{item!r} is no interval: give (start_s, end_s, label), such as (1.0, 2.5, '
                "'stop'), and the camera's name as a fourth where there are several"
            ) from None
    return tuple(found)


def check(report: Mapping[str, Any], expectations: Expectations) -> list[Difference]:
    """Return which expectations a replay does not meet.

    Args:
        report: what `report.json_report` made of it.
        expectations: what it must give.

    Raises:
        PerceptionError: an expectation makes no sense, or none of this replay.
    """
    mode = report['mode']
    _refuse_senseless(expectations, mode)
    cameras = {name: timeline(item['frames']) for name, item in report['cameras'].items()}
    cameras |= _things(report)
    found = _intervals(expectations.labels, cameras, 'label', lambda frame: frame)
    found += _intervals(expectations.decisions, cameras, 'decision', _as_decided)
    found += _limits(report, expectations)
    if expectations.decision_timeout_ms is not None:
        late_ms = _HEARD_LATE_MS if mode == 'ros' else 0.0
        longest_ms = expectations.decision_timeout_ms + late_ms
        for name, frames in cameras.items():
            found += _held_too_long(name, frames, longest_ms)
    return found


def _things(report: Mapping[str, Any]) -> dict[str, list[TimelineFrame]]:
    """Return the timelines of things by id or, where two cameras have one id, by `camera/id`."""
    found = [
        (camera, name, frames)
        for camera, things in things_of(report).items()
        for name, frames in things.items()
        if name
    ]
    names = Counter([*(name for _, name, _ in found), *report['cameras']])
    return {
        name if names[name] == 1 else f'{camera}/{name}': frames for camera, name, frames in found
    }


def _intervals(
    wanted: Iterable[LabelInterval],
    cameras: Mapping[str, list[TimelineFrame]],
    what: str,
    view: Callable[[TimelineFrame], TimelineFrame],
) -> list[Difference]:
    by_camera: dict[str, list[LabelInterval]] = {}
    for interval in wanted:
        by_camera.setdefault(_camera(interval, cameras), []).append(interval)
    found = []
    for camera, intervals in by_camera.items():
        frames = [view(frame) for frame in cameras[camera]]
        pairs = [
            Pair(number, _expected(frame, intervals), frame)
            for number, frame in enumerate(frames, start=1)
        ]
        wrong = tuple(
            index
            for index, pair in enumerate(pairs)
            if pair.expected and pair.came and pair.expected.label != pair.came.shown
        )
        if wrong:
            asked = sum(pair.expected is not None for pair in pairs)
            summary = f'{len(wrong)} of {asked} frames of {camera} have another {what}'
            likely = tuple(exchanged_labels(pairs))
            found.append(Difference(summary, tuple(pairs), wrong, likely))
        for interval in intervals:
            if not any(interval.start_s <= frame.time_s <= interval.end_s for frame in frames):
                last_s = frames[-1].time_s if frames else 0.0
                found.append(
                    Difference(
                        f'no frame of {camera} between {interval.start_s:g} and '
                        f'{interval.end_s:g} s, where {interval.label} is expected: its last '
                        f'frame is at {last_s:.3f} s'
                    )
                )
    return found


def _camera(interval: LabelInterval, cameras: Mapping[str, object]) -> str:
    if interval.camera in cameras:
        return interval.camera
    names = ', '.join([*cameras][:_MOST_NAMED])
    if interval.camera:
        raise PerceptionError(
            f'there is no thing and no camera {interval.camera}: choose one of {names}'
        )
    if len(cameras) != 1:
        example = (*interval[:3], next(iter(cameras)))
        raise PerceptionError(
            f'there are several cameras or things, {names}: say which one shows '
            f'{interval.label}, as in {example}'
        )
    return next(iter(cameras))


def _expected(frame: TimelineFrame, intervals: Iterable[LabelInterval]) -> TimelineFrame | None:
    for interval in intervals:
        if interval.start_s <= frame.time_s <= interval.end_s:
            return frame._replace(label=interval.label, score=None)
    return None


def _as_decided(frame: TimelineFrame) -> TimelineFrame:
    return frame._replace(label=frame.decision, score=None)


def _held_too_long(
    camera: str, frames: Iterable[TimelineFrame], longest_ms: float
) -> list[Difference]:
    shown_s: dict[str, float] = {}
    pairs, wrong = [], []
    for index, frame in enumerate(frames):
        if frame.label:
            shown_s[frame.label] = frame.time_s
        expected = None
        if frame.decision not in (UNKNOWN, STALE, ''):
            held_ms = 1e3 * (frame.time_s - shown_s.get(frame.decision, float('-inf')))
            if held_ms > longest_ms:
                expected = frame._replace(label=UNKNOWN, score=None)
                wrong.append(index)
        pairs.append(Pair(index + 1, expected, _as_decided(frame)))
    if not wrong:
        return []
    summary = (
        f'{len(wrong)} decisions of {camera} are held for longer than {longest_ms:g} ms after the '
        'last frame that showed their label'
    )
    return [Difference(summary, tuple(pairs), tuple(wrong))]


def _limits(report: Mapping[str, Any], expectations: Expectations) -> list[Difference]:
    """Return which limits a report does not keep; see `Expectations`."""
    checks = (_accuracy, _miss_rate, _p99, _lost)
    found = (check(report, expectations) for check in checks)
    return [difference for difference in found if difference is not None]


def miss_rate(report: Mapping[str, Any]) -> float:
    """Return the share of frames without an answer in time, of those not superseded, 0 to 1."""
    asked = report['received'] + report['lost'] - report['outcomes']['superseded']
    return 1.0 - report['outcomes']['on_time'] / asked if asked else 0.0


def _accuracy(report: Mapping[str, Any], expectations: Expectations) -> Difference | None:
    least, accuracy = expectations.accuracy_at_least, report['accuracy']
    if least is None or (accuracy is not None and accuracy >= least):
        return None
    if accuracy is None:
        absent = report['scoring']['not_in_bundle']
        why = f': the bundle has no label {", ".join(absent)}' if absent else ''
        return Difference(
            f'no frame has a known, clear truth{why}; accuracy_at_least needs a labels file'
        )
    clear = report['scoring']['clear']
    confusions = tuple(
        f'{item["frames"]} x {item["truth"]} as {item["label"]}'
        for item in report['scoring']['confusions'][:5]
    )
    return Difference(
        f'accuracy is {accuracy:.4f} ({clear["right"]} of {clear["frames"]} clear frames), '
        f'and at least {least:g} is expected',
        causes=confusions,
    )


def _miss_rate(report: Mapping[str, Any], expectations: Expectations) -> Difference | None:
    most = expectations.miss_rate_at_most
    rate = miss_rate(report)
    if most is None or rate <= most:
        return None
    outcomes = {**report['outcomes'], 'lost': report['lost']}
    causes = tuple(
        f'{count} frames were {outcome}'
        for outcome, count in outcomes.items()
        if count and outcome not in ('on_time', 'superseded')
    )
    return Difference(
        f'the miss rate is {rate:.4f}, and at most {most:g} is allowed', causes=causes
    )


def _p99(report: Mapping[str, Any], expectations: Expectations) -> Difference | None:
    most_ms = expectations.p99_ms_at_most
    if most_ms is None:
        return None
    ages = report['percentiles'].get('age_ms')
    if ages is None:
        return Difference('no frame was answered, so that answers have no age')
    if ages['p99'] <= most_ms:
        return None
    stages = ('transport', 'wait', 'decode', 'preprocess', 'inference', 'postprocess')
    medians = {
        stage: report['percentiles'][f'{stage}_ms']['p50']
        for stage in stages
        if f'{stage}_ms' in report['percentiles']
    }
    longest = max(medians, key=lambda stage: medians[stage], default='')
    causes = (f'{longest} takes longest: median {medians[longest]:.1f} ms',) if longest else ()
    return Difference(
        f'p99 of the age of answers is {ages["p99"]:.1f} ms, and at most {most_ms:g} ms is '
        f'allowed (median {ages["p50"]:.1f} ms)',
        causes=causes,
    )


def _lost(report: Mapping[str, Any], expectations: Expectations) -> Difference | None:
    most = expectations.lost_at_most
    if most is None or report['lost'] <= most:
        return None
    return Difference(
        f'{report["lost"]} frames got lost on their way to the node, and at most {most} is allowed'
    )


def _refuse_senseless(expectations: Expectations, mode: str) -> None:
    """Refuse expectations that make no sense, or none of a replay of this mode.

    Raises:
        PerceptionError: says which, and what is possible.
    """
    given = expectations._asdict()
    for name in ('accuracy_at_least', 'miss_rate_at_most'):
        share = given[name]
        if share is not None and not 0 <= share <= 1:
            raise PerceptionError(f'{name} is {share}: give a share from 0 to 1')
    for name in ('p99_ms_at_most', 'lost_at_most', 'decision_timeout_ms'):
        value = given[name]
        if value is not None and not value >= 0:
            raise PerceptionError(f'{name} is {value}: give a number from 0')
    for interval in (*expectations.labels, *expectations.decisions):
        if not (0 <= interval.start_s <= interval.end_s < math.inf):
            raise PerceptionError(
                f'the interval of {interval.label} is {interval.start_s} to {interval.end_s} s: '
                'give seconds since the first frame, the start before the end'
            )
    if expectations.p99_ms_at_most is not None and mode == 'fast':
        raise PerceptionError(
            'p99_ms_at_most needs a replay at recorded pace: in a fast one no time passes between '
            "frames, so ages mean nothing; play with mode='paced' or mode='ros'"
        )
