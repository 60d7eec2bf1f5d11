# SPDX-License-Identifier: Apache-2.0
"""One camera of the pipeline: its slot for the newest frame, its counts, its troubles."""

from collections import Counter
from typing import Any, NamedTuple, Protocol

from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.pipeline.arrivals import Arrivals, ArrivalSummary
from mobilenet_perception.pipeline.clock import NS_PER_MS
from mobilenet_perception.pipeline.decision import Decider, Decision
from mobilenet_perception.pipeline.scheduler import Candidate
from mobilenet_perception.pipeline.timing import FrameRecord, Outcome, OutcomeCounts, Window

# Simulation time comes in steps and through another topic, so a frame may overtake its clock.
_FUTURE_TOLERANCE_MS = 20.0


class CameraSettings(NamedTuple):
    """What can be changed of a camera while it runs.

    Attributes:
        latency_budget_ms: time that a frame may take from capture to publication; infinite:
            every frame is run and none is late.
        roi: where to look, in pixels of the camera; None: everywhere.
        priority: share of the answers, relative to other cameras, when there is not time for all.
    """

    latency_budget_ms: float
    roi: RegionOfInterest | None = None
    priority: float = 1.0


class CameraState(NamedTuple):
    """What there is to know of a camera at one moment.

    Attributes:
        settings: what can be changed while it runs.
        counts: frames received, and how they ended.
        records: its last records, oldest first.
        arrivals: how its frames come in.
        stamp_trouble: what is wrong with its latest stamps, in words; empty when nothing is.
        decision: its decision.
    """

    settings: CameraSettings
    counts: OutcomeCounts
    records: list[FrameRecord]
    arrivals: ArrivalSummary
    stamp_trouble: str
    decision: Decision


class Waiting(NamedTuple):
    """A frame received and not yet ended.

    Attributes:
        camera: name of the camera.
        message: as it came.
        sequence: number within the camera, from 1.
        stamp_ns: capture stamp of the header.
        received_ns: receipt, on the steady clock.
        transport_ms: receipt minus capture; None when the stamp is not believed.
        by_stamp: whether ages run from the stamp; otherwise from receipt.
    """

    camera: str
    message: Any
    sequence: int
    stamp_ns: int
    received_ns: int
    transport_ms: float | None
    by_stamp: bool

    def age_ms(self, steady_ns: int, now_ns: int) -> float:
        """Return how old the frame is, given the two clocks' time."""
        if self.by_stamp:
            return max(0.0, (now_ns - self.stamp_ns) / NS_PER_MS)
        return (steady_ns - self.received_ns) / NS_PER_MS


class _StampRules(Protocol):
    """The two settings of the pipeline that say what a stamp is worth."""

    @property
    def budget_reference(self) -> str: ...
    @property
    def max_clock_skew_ms(self) -> float: ...


class Camera:
    """State of one camera; its owner guards it against concurrent use.

    Attributes:
        settings: what can be changed while it runs.
        decider: holds its decision.
        waiting: the newest frame, not yet taken up.
        variant: what ran last; empty: nothing yet.
    """

    def __init__(self, name: str, settings: CameraSettings, decider: Decider) -> None:
        self.name = name
        self.settings = settings
        self.decider = decider
        self.waiting: Waiting | None = None
        self.variant = ''
        self._first: Waiting | None = None
        self._window = Window()
        self._arrivals = Arrivals()
        self._stamp_trouble = ''
        self._received = 0
        self._outcomes: Counter[Outcome] = Counter()

    def offer(
        self, message: Any, stamp_ns: int, steady_ns: int, now_ns: int, rules: _StampRules
    ) -> Waiting | None:
        """Take in a frame; returns the one that it supersedes."""
        old = self.waiting
        self._received += 1
        self._arrivals.add(stamp_ns, len(getattr(message, 'data', b'')))
        transport_ms: float | None = (now_ns - stamp_ns) / NS_PER_MS
        self._stamp_trouble = stamp_trouble(stamp_ns, transport_ms, rules.max_clock_skew_ms)
        if self._stamp_trouble:
            transport_ms = None
        by_stamp = not self._stamp_trouble and rules.budget_reference == 'capture'
        self.waiting = Waiting(
            self.name, message, self._received, stamp_ns, steady_ns, transport_ms, by_stamp
        )
        # While the camera waits for its turn, newer frames take the slot but not the turn.
        self._first = self._first or self.waiting
        return old

    def pop(self) -> Waiting:
        """Take the waiting frame out of the slot."""
        waiting = self.waiting
        assert waiting is not None
        self.waiting = self._first = None
        return waiting

    def candidate(self) -> Candidate:
        """Return what the scheduler needs to know of a camera with a frame waiting.

        The deadline is that of the first frame since the camera's last turn; otherwise each frame
        that supersedes another would put the turn off.
        """
        first = self._first
        assert first is not None
        before_ms = (first.transport_ms or 0.0) if first.by_stamp else 0.0
        deadline_ns = first.received_ns + (self.settings.latency_budget_ms - before_ms) * NS_PER_MS
        return Candidate(self.name, deadline_ns, first.received_ns, first is not self.waiting)

    def end(self, record: FrameRecord) -> None:
        """Count a frame's outcome."""
        self._outcomes[record.outcome] += 1
        self._window.add(record)

    def counts(self) -> OutcomeCounts:
        """Return the counts."""
        by_outcome = {outcome: self._outcomes[outcome] for outcome in Outcome}
        return OutcomeCounts(self._received, by_outcome)

    def state(self, steady_ns: int) -> CameraState:
        """Return what there is to know at a moment of the steady clock."""
        return CameraState(
            self.settings,
            self.counts(),
            self._window.records(),
            self._arrivals.summary(),
            self._stamp_trouble,
            self.decider.decide(steady_ns),
        )

    def forget(self) -> None:
        """Drop what rests on the time before a jump."""
        self.decider.forget()
        self._stamp_trouble = ''


def stamp_trouble(stamp_ns: int, transport_ms: float | None, max_skew_ms: float) -> str:
    """Say why a capture stamp is not believed; empty when it is.

    Args:
        stamp_ns: the stamp, in nanoseconds.
        transport_ms: age of the frame on arrival by that stamp, in milliseconds.
        max_skew_ms: the age above which it is not believed.
    """
    if stamp_ns <= 0:
        return 'frames carry no capture stamp (it is zero): set header.stamp in the camera driver'
    if transport_ms is None or transport_ms < -_FUTURE_TOLERANCE_MS:
        return (
            f'capture stamps lie {-(transport_ms or 0.0) / 1e3:.3f} s in the future: the camera '
            'and this machine have different clocks; synchronise them (chrony, PTP), and set '
            'use_sim_time to the same value everywhere'
        )
    if transport_ms > max_skew_ms:
        return (
            f'capture stamps are {transport_ms / 1e3:.3f} s old on arrival, more than '
            f'max_clock_skew_ms: the clocks differ, or a bag is played without --clock and '
            'use_sim_time'
        )
    return ''
