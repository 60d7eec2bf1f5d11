# SPDX-License-Identifier: Apache-2.0
"""The queue of one camera: room for its newest frame alone, with its counts and its decision.

Frames whose regions are still to come wait beside it, for as long as their budget allows.
"""

from collections import Counter, deque
from typing import Any, NamedTuple

from mobilenet_perception.pipeline import timing
from mobilenet_perception.pipeline.arrivals import Arrivals, ArrivalSummary
from mobilenet_perception.pipeline.decision import Decider, Decision
from mobilenet_perception.pipeline.input_trouble import stamp_trouble
from mobilenet_perception.pipeline.parameters import CameraSettings, PipelineSettings
from mobilenet_perception.pipeline.picture_watch import PictureFacts, PictureWatch
from mobilenet_perception.pipeline.region_decisions import ThingDecision, Things
from mobilenet_perception.pipeline.region_match import RegionMatch
from mobilenet_perception.pipeline.regions import EXACT, Regions
from mobilenet_perception.pipeline.scheduler import Candidate

# Frames that wait for their regions at once: a camera of 240 Hz for 0.13 s.
_MOST_AWAITING = 32


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
        things: what is decided of each thing that its regions name.
        region_trouble: what is wrong with its regions, in words; empty: nothing.
    """

    name: str
    settings: CameraSettings
    counts: timing.OutcomeCounts
    records: list[timing.FrameRecord]
    arrivals: ArrivalSummary
    stamp_trouble: str
    picture: PictureFacts
    decision: Decision
    things: list[ThingDecision]
    region_trouble: str


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


class Offered(NamedTuple):
    """What became of a camera's queue.

    Attributes:
        begins: whether a frame waits for its turn now, and none did before.
        superseded: the frames that ended by it.
    """

    begins: bool
    superseded: list[WaitingFrame]


class CameraQueue:
    """The newest frame of a camera, and what became of the others.

    Its owner guards it against concurrent use.

    Attributes:
        settings: what can be changed while it runs.
        decider: holds its decision.
        things: hold the decisions on what its regions name.
        match: its regions; None: it has none.
        awaiting: frames whose regions are still to come, oldest first.
        waiting: the newest frame, not yet taken up; None: none.
        variant: what ran last; empty: nothing yet.
        picture: watches over what it shows.
        arrivals: when its frames came, and how many were lost.
    """

    def __init__(
        self, name: str, settings: CameraSettings, decider: Decider, things: Things
    ) -> None:
        self.name = name
        self.settings = settings
        self.decider = decider
        self.things = things
        self.match = None if settings.regions is None else RegionMatch(settings.regions)
        self.awaiting: deque[WaitingFrame] = deque()
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
    ) -> Offered:
        """Take in a frame.

        Args:
            message: as it came.
            stamp_ns: capture stamp of its header.
            steady_ns: receipt, on the steady clock.
            now_ns: receipt, on the clock of the stamps.
            rules: of the pipeline.
            clock_step_ms: by how much the clock of the stamps goes on at a time.
        """
        self._received += 1
        self.arrivals.add(stamp_ns, len(getattr(message, 'data', b'')))
        transport_ms: float | None = (now_ns - stamp_ns) / timing.NS_PER_MS
        self._stamp_trouble = stamp_trouble(
            stamp_ns, transport_ms, rules.max_clock_skew_ms, clock_step_ms
        )
        if self._stamp_trouble:
            transport_ms = None
        by_stamp = not self._stamp_trouble and rules.budget_reference == 'capture'
        frame = WaitingFrame(
            self.name, message, self._received, stamp_ns, steady_ns, transport_ms, by_stamp
        )
        if self._waits_for_regions(frame):
            self.awaiting.append(frame)
            over = len(self.awaiting) > _MOST_AWAITING
            return Offered(False, [self.awaiting.popleft()] if over else [])
        return self._ready(frame)

    def offer_regions(self, regions: Regions) -> Offered:
        """Take in regions; the frame that waits for them waits for its turn from now on."""
        assert self.match is not None
        self.match.take(regions)
        frame = next((f for f in self.awaiting if f.stamp_ns == regions.stamp_ns), None)
        if frame is None:
            return Offered(False, [])
        older = []
        while self.awaiting[0] is not frame:
            older.append(self.awaiting.popleft())
        self.awaiting.popleft()
        begins, superseded = self._ready(frame)
        return Offered(begins, older + superseded)

    def give_up(self, steady_ns: int, now_ns: int, needed_ms: float) -> list[WaitingFrame]:
        """Take out the frames for whose regions there is no longer time."""
        left = [f for f in self.awaiting if self._left_ms(f, steady_ns, now_ns) < needed_ms]
        for frame in left:
            self.awaiting.remove(frame)
        return left

    def patience_ms(self, steady_ns: int, now_ns: int, needed_ms: float) -> float:
        """Time until a frame must be given up; infinite: none waits for regions."""
        left = (self._left_ms(f, steady_ns, now_ns) - needed_ms for f in self.awaiting)
        return min(left, default=float('inf'))

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
            self.things.decide(steady_ns),
            '' if self.match is None else self.match.trouble(),
        )

    def forget(self) -> None:
        """Drop what rests on the time before a jump."""
        self.decider.forget()
        self.things.forget()
        if self.match is not None:
            self.match.forget()
        self._stamp_trouble = ''

    def _ready(self, frame: WaitingFrame) -> Offered:
        old = self.waiting
        if old is not None and self.match is not None and frame.stamp_ns < old.stamp_ns:
            return Offered(False, [frame])  # its regions came after those of a newer one
        self.waiting = frame
        # While the camera waits for its turn, newer frames take its place but not its turn.
        self._first = self._first or frame
        return Offered(old is None, [] if old is None else [old])

    def _waits_for_regions(self, frame: WaitingFrame) -> bool:
        match = self.match
        return (
            match is not None and match.rules.match == EXACT and match.find(frame.stamp_ns) is None
        )

    def _left_ms(self, frame: WaitingFrame, steady_ns: int, now_ns: int) -> float:
        return self.settings.latency_budget_ms - frame.age_ms(steady_ns, now_ns)
