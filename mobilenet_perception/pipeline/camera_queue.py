# SPDX-License-Identifier: Apache-2.0
"""The queue of one camera: room for its newest frame alone, with its counts and its decision."""

from collections import Counter
from typing import Any, NamedTuple

from mobilenet_perception.pipeline import timing
from mobilenet_perception.pipeline.arrivals import Arrivals, ArrivalSummary
from mobilenet_perception.pipeline.decision import Decider, Decision
from mobilenet_perception.pipeline.input_trouble import stamp_trouble
from mobilenet_perception.pipeline.parameters import CameraSettings, PipelineSettings
from mobilenet_perception.pipeline.picture_watch import PictureFacts, PictureWatch
from mobilenet_perception.pipeline.scheduler import Candidate


class CameraState(NamedTuple):
    """What there is to know of a camera at one moment.

    Attributes:
        name: of the camera.
        settings: what can be changed while it runs.
        counts: frames received, and how they ended.
        records: its last records, oldest first.
        arrivals: how its frames come in.
        stamp_trouble: what is wrong with its latest stamps, in words; empty when nothing is.
        picture: what is known of its picture.
        decision: its decision.
    """

    name: str
    settings: CameraSettings
    counts: timing.OutcomeCounts
    records: list[timing.FrameRecord]
    arrivals: ArrivalSummary
    stamp_trouble: str
    picture: PictureFacts
    decision: Decision


class WaitingFrame(NamedTuple):
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
            return max(0.0, (now_ns - self.stamp_ns) / timing.NS_PER_MS)
        return (steady_ns - self.received_ns) / timing.NS_PER_MS


class CameraQueue:
    """The newest frame of a camera, and what became of the others.

    Its owner guards it against concurrent use.

    Attributes:
        settings: what can be changed while it runs.
        decider: holds its decision.
        waiting: the newest frame, not yet taken up; None: none.
        variant: what ran last; empty: nothing yet.
        picture: watches over what it shows.
        arrivals: when its frames came, and how many were lost.
    """

    def __init__(self, name: str, settings: CameraSettings, decider: Decider) -> None:
        self.name = name
        self.settings = settings
        self.decider = decider
        self.waiting: WaitingFrame | None = None
        self.variant = ''
        self.picture = PictureWatch()
        self._first: WaitingFrame | None = None
        self._window = timing.Window()
        self.arrivals = Arrivals()
        self._stamp_trouble = ''
        self._received = 0
        self._outcomes: Counter[timing.Outcome] = Counter()

    def offer(
        self,
        message: Any,
        stamp_ns: int,
        steady_ns: int,
        now_ns: int,
        rules: PipelineSettings,
        clock_step_ms: float = 0.0,
    ) -> WaitingFrame | None:
        """Take in a frame; returns the one that it supersedes.

        Args:
            message: as it came.
            stamp_ns: capture stamp of its header.
            steady_ns: receipt, on the steady clock.
            now_ns: receipt, on the clock of the stamps.
            rules: of the pipeline.
            clock_step_ms: by how much the clock of the stamps goes on at a time.
        """
        old = self.waiting
        self._received += 1
        self.arrivals.add(stamp_ns, len(getattr(message, 'data', b'')))
        transport_ms: float | None = (now_ns - stamp_ns) / timing.NS_PER_MS
        self._stamp_trouble = stamp_trouble(
            stamp_ns, transport_ms, rules.max_clock_skew_ms, clock_step_ms
        )
        if self._stamp_trouble:
            transport_ms = None
        by_stamp = not self._stamp_trouble and rules.budget_reference == 'capture'
        self.waiting = WaitingFrame(
            self.name, message, self._received, stamp_ns, steady_ns, transport_ms, by_stamp
        )
        # While the camera waits for its turn, newer frames take its place but not its turn.
        self._first = self._first or self.waiting
        return old

    def pop(self) -> WaitingFrame:
        """Take the waiting frame out."""
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
        deadline_ns = (
            first.received_ns + (self.settings.latency_budget_ms - before_ms) * timing.NS_PER_MS
        )
        return Candidate(self.name, deadline_ns, first.received_ns, first is not self.waiting)

    def end(self, record: timing.FrameRecord) -> None:
        """Count a frame's outcome."""
        self._outcomes[record.outcome] += 1
        self._window.add(record)

    def counts(self) -> timing.OutcomeCounts:
        """Return the counts."""
        by_outcome = {outcome: self._outcomes[outcome] for outcome in timing.Outcome}
        return timing.OutcomeCounts(self._received, by_outcome)

    def state(self, steady_ns: int) -> CameraState:
        """Return what there is to know at a moment of the steady clock."""
        return CameraState(
            self.name,
            self.settings,
            self.counts(),
            self._window.records(),
            self.arrivals.summary(),
            self._stamp_trouble,
            self.picture.facts(),
            self.decider.decide(steady_ns),
        )

    def forget(self) -> None:
        """Drop what rests on the time before a jump."""
        self.decider.forget()
        self._stamp_trouble = ''
