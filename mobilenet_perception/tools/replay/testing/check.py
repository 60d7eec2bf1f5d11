# SPDX-License-Identifier: Apache-2.0
"""A replay against what is expected of it.

Figures of a replay against the limits set to them.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.pipeline.decision import STALE, UNKNOWN
from mobilenet_perception.tools.replay.testing.causes import exchanged_labels
from mobilenet_perception.tools.replay.testing.difference import Difference
from mobilenet_perception.tools.replay.testing.expectations import (
    Expectations,
    LabelInterval,
    check_expectations,
)
from mobilenet_perception.tools.replay.testing.replayed import Pair, TimelineFrame, timeline


def check_limits(report: Mapping[str, Any], expectations: Expectations) -> list[Difference]:
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


# Over DDS a decision is heard a little after the frame that it is paired with.
_HEARD_LATE_MS = 100.0


def check(report: Mapping[str, Any], expectations: Expectations) -> list[Difference]:
    """Return which expectations a replay does not meet.

    Args:
        report: what `report.json_report` made of it.
        expectations: what it must give.

    Raises:
        PerceptionError: an expectation makes no sense, or none of this replay.
    """
    mode = report['mode']
    check_expectations(expectations, mode)
    cameras = {name: timeline(item['frames']) for name, item in report['cameras'].items()}
    found = _intervals(expectations.labels, cameras, 'label', lambda frame: frame)
    found += _intervals(expectations.decisions, cameras, 'decision', _as_decided)
    found += check_limits(report, expectations)
    if expectations.decision_timeout_ms is not None:
        late_ms = _HEARD_LATE_MS if mode == 'ros' else 0.0
        longest_ms = expectations.decision_timeout_ms + late_ms
        for name, frames in cameras.items():
            found += _held_too_long(name, frames, longest_ms)
    return found


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
    names = ', '.join(cameras)
    if interval.camera:
        raise PerceptionError(f'there is no camera {interval.camera}: choose one of {names}')
    if len(cameras) != 1:
        example = (*interval[:3], next(iter(cameras)))
        raise PerceptionError(
            f'there are several cameras, {names}: say which one shows {interval.label}, as in '
            f'{example}'
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
