# SPDX-License-Identifier: Apache-2.0
"""The labels of one camera over time, and two such timelines frame by frame."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple


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
