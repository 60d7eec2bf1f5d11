# SPDX-License-Identifier: Apache-2.0
"""A replay against what is expected of it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mobilenet_perception.decision import STALE, UNKNOWN
from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.replay_testing.confusion import exchanged_labels
from mobilenet_perception.replay_testing.difference import Difference
from mobilenet_perception.replay_testing.expectations import (
    Expectations,
    LabelInterval,
    check_expectations,
)
from mobilenet_perception.replay_testing.limits import check_limits
from mobilenet_perception.replay_testing.timeline import Pair, TimelineFrame, timeline

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
