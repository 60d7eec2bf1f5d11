# SPDX-License-Identifier: Apache-2.0
"""What a planner would have known of each sign that the robot came to, and how far before it."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from mobilenet_perception.decision import STALE, UNKNOWN

RIGHT, WRONG = 'right', 'wrong'


class Decided(NamedTuple):
    """A frame that clearly showed a signal, and the decision after it.

    Attributes:
        time_s: of the frame, in seconds.
        signal: name of the signal.
        label: what it showed.
        distance_m: from the robot to it.
        decision: a label, `unknown`, `stale`, or empty where none was heard.
    """

    time_s: float
    signal: str
    label: str
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
        metres_before: distance to the signal from which on the decision was right until the
            end; None: it was not.
        decided_after_s: time that this took since it was first shown clearly; None likewise.
        wrong_frames: after how many of the frames the decision was another label.
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
        frames: those that clearly showed a signal, in order.
    """
    groups = groupby(frames, key=lambda frame: (frame.signal, frame.label))
    return [_encounter(camera, list(group)) for _, group in groups]


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
    first, last = frames[0], frames[-1]
    held = len(frames)
    while held and frames[held - 1].decision == last.label:
        held -= 1
    taken = frames[held] if held < len(frames) else None
    return Encounter(
        signal=first.signal,
        label=first.label,
        camera=camera,
        from_s=first.time_s,
        to_s=last.time_s,
        frames=len(frames),
        verdict=verdict(last.label, last.decision),
        decision=last.decision,
        metres_before=taken.distance_m if taken else None,
        decided_after_s=taken.time_s - first.time_s if taken else None,
        wrong_frames=sum(verdict(item.label, item.decision) == WRONG for item in frames),
    )
