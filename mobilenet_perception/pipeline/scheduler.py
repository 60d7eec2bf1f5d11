# SPDX-License-Identifier: Apache-2.0
"""The scheduler of cameras: by deadline while time suffices for all, by fair turns when not."""

from collections.abc import Sequence
from typing import NamedTuple


class Candidate(NamedTuple):
    """A camera with a frame waiting.

    Attributes:
        name: of the camera.
        deadline_ns: of its first frame since its last turn, on the steady clock; infinite: none.
        received_ns: receipt of that frame.
        passed_over: whether that frame was superseded while it waited.
    """

    name: str
    deadline_ns: float
    received_ns: float
    passed_over: bool


class Scheduler:
    """Earliest deadline first; under overload, turns in proportion to the cameras' priorities.

    Deadlines alone would starve a camera with a long budget beside one that always has a frame
    with a short one. As soon as some camera has lost a frame to waiting there is too little time
    for all, and the camera that is furthest behind its share goes first: start-time fair queueing
    (Goyal, Vin and Cheng, SIGCOMM 1996, section 2), with one run as the unit of service. A camera
    that asks for less than its share gets all it asks for, and the others divide the rest.
    """

    def __init__(self) -> None:
        # Virtual time: the start tag of the run that was begun last.
        self._now = 0.0
        self._since: dict[str, float] = {}
        self._finish: dict[str, float] = {}
        self._lost_one: set[str] = set()

    def waits(self, camera: str) -> None:
        """Note that a camera, which had none, has a frame waiting.

        Idleness saves up no turns; but who lost a frame at its last turn was not idle.
        """
        self._since[camera] = 0.0 if camera in self._lost_one else self._now

    def order(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Return the cameras in the order in which to run them."""
        overload = any(c.passed_over or self._start(c.name) < self._now for c in candidates)
        return sorted(candidates, key=self._by_share if overload else self._by_deadline)

    def record_run(self, candidate: Candidate, priority: float) -> None:
        """Charge a camera for a run. A frame that ends without one costs no turn."""
        name = candidate.name
        start = self._start(name)
        self._now = max(self._now, start)
        self._finish[name] = start + 1.0 / priority
        (self._lost_one.add if candidate.passed_over else self._lost_one.discard)(name)

    def _start(self, camera: str) -> float:
        # Not when the frame came: the camera's last run may not have ended then.
        return max(self._finish.get(camera, 0.0), self._since[camera])

    def _by_share(self, candidate: Candidate) -> tuple[float, ...]:
        return self._start(candidate.name), candidate.deadline_ns, candidate.received_ns

    def _by_deadline(self, candidate: Candidate) -> tuple[float, ...]:
        return candidate.deadline_ns, self._start(candidate.name), candidate.received_ns
