# SPDX-License-Identifier: Apache-2.0
"""What a planner would have known of each sign that the robot came to, and how far before it."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from mobilenet_perception.pipeline.decision import STALE, UNKNOWN

RIGHT, WRONG = 'right', 'wrong'


class Decided(NamedTuple):
    """A frame whose region of interest showed a signal, and the decision after it.

    Attributes:
        time_s: of the frame, in seconds.
        signal: name of the signal.
        label: what it showed.
        clear: whether it was shown clearly.
        distance_m: from the robot to it.
        decision: a label, `unknown`, `stale`, or empty where none was heard.
    """

    time_s: float
    signal: str
    label: str
    clear: bool
    distance_m: float
    decision: str


class Encounter(NamedTuple):
    """A signal that the robot came to, while it showed one label.

    Attributes:
        signal: its name.
        label: what it showed.
        camera: that saw it.
        from_s: when it was first shown clearly.
        to_s: when it was last shown clearly.
        frames: how many showed it clearly.
        verdict: of the last decision while it was: `right`, `wrong` or `unknown`.
        decision: that decision.
        metres_before: distance to the signal from which on the decision was right until then;
            None: it was not.
        decided_after_s: time that this took since the signal was first looked at, or changed;
            None likewise.
        wrong_frames: after how many of the clear frames the decision was another label.
    """

    signal: str
    label: str
    camera: str
    from_s: float
    to_s: float
    frames: int
    verdict: str
    decision: str
    metres_before: float | None
    decided_after_s: float | None
    wrong_frames: int


def encounters(camera: str, frames: Iterable[Decided]) -> list[Encounter]:
    """Return the signals that a camera came to, in turn.

    Args:
        camera: its name.
        frames: those that showed a signal, in order; what is never clear is not asked for.
    """
    groups = groupby(frames, key=lambda frame: (frame.signal, frame.label))
    lists = [list(group) for _, group in groups]
    return [_encounter(camera, item) for item in lists if any(frame.clear for frame in item)]


def verdict(label: str, decision: str) -> str:
    """Return `right`, `wrong` or `unknown`; to take a signal for background is wrong."""
    if decision == label:
        return RIGHT
    return UNKNOWN if decision in (UNKNOWN, STALE, '') else WRONG


def as_values(found: Sequence[Encounter]) -> list[dict[str, Any]]:
    """Return encounters as JSON values: the part `signs` of a report."""
    return [
        {
            key: round(value, 3) if isinstance(value, float) else value
            for key, value in item._asdict().items()
        }
        for item in found
    ]


def _encounter(camera: str, frames: list[Decided]) -> Encounter:
    clear = [frame for frame in frames if frame.clear]
    first, last = clear[0], clear[-1]
    until = frames[: frames.index(last) + 1]
    held = len(until)
    while held and until[held - 1].decision == last.label:
        held -= 1
    taken = until[held] if held < len(until) else None
    return Encounter(
        signal=first.signal,
        label=first.label,
        camera=camera,
        from_s=first.time_s,
        to_s=last.time_s,
        frames=len(clear),
        verdict=verdict(last.label, last.decision),
        decision=last.decision,
        metres_before=taken.distance_m if taken else None,
        decided_after_s=taken.time_s - frames[0].time_s if taken else None,
        wrong_frames=sum(verdict(item.label, item.decision) == WRONG for item in clear),
    )
