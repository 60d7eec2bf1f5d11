# SPDX-License-Identifier: Apache-2.0
"""The result of a frame: its record, its labels, and what they do to its camera's decisions."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.inference.classifier import Scores
from mobilenet_perception.pipeline import timing
from mobilenet_perception.pipeline.camera_queue import CameraQueue, WaitingFrame
from mobilenet_perception.pipeline.decision import Decision, ScoredLabel
from mobilenet_perception.pipeline.frame_run import FrameOutcome
from mobilenet_perception.pipeline.region_decisions import ThingDecision
from mobilenet_perception.pipeline.region_run import ScoredRegion
from mobilenet_perception.pipeline.regions import Region

SUPERSEDED = FrameOutcome(timing.Outcome.SUPERSEDED, 'a newer frame came first', {})
DEACTIVATED = FrameOutcome(timing.Outcome.EXPIRED, 'the node was deactivated', {})


class TopOfRegion(NamedTuple):
    """A region as it was looked at, and its best labels, best first."""

    region: Region
    top: tuple[ScoredLabel, ...]


class Result(NamedTuple):
    """How one frame ended.

    Attributes:
        record: its life.
        header: the message's header, unchanged.
        top: best labels first; empty unless a variant ran.
        decision: the camera's decision after this frame.
        message: the frame itself.
        roi: where it was looked at; None: everywhere, or in regions.
        significant_bits: of its 16-bit samples; 0: all.
        regions: those that were looked at, as they were, each with its best labels.
        things: what is decided of each thing that the camera's regions name.
    """

    record: timing.FrameRecord
    header: Any
    top: tuple[ScoredLabel, ...]
    decision: Decision
    message: Any
    roi: RegionOfInterest | None
    significant_bits: int = 0
    regions: tuple[TopOfRegion, ...] = ()
    things: tuple[ThingDecision, ...] = ()


class Ran(NamedTuple):
    """What came of a frame that was run, of the whole or of its regions; or why it was not.

    Attributes:
        found: its outcome, times and scores.
        top: best labels of the whole, best first.
        scored: the regions that were looked at.
    """

    found: FrameOutcome
    top: tuple[ScoredLabel, ...] = ()
    scored: Sequence[ScoredRegion] = ()


class Moment(NamedTuple):
    """One moment on the steady clock and on that of the stamps, in nanoseconds."""

    steady_ns: int
    now_ns: int


def without_regions(camera: CameraQueue, frame: WaitingFrame) -> Ran:
    """Note that a frame has no regions; return what that makes of it."""
    assert camera.match is not None
    camera.match.record(frame.stamp_ns, False)
    reason = camera.match.missing(frame.stamp_ns)
    return Ran(FrameOutcome(timing.Outcome.EXPIRED, reason, {}))


def end_frame(
    camera: CameraQueue,
    waiting: WaitingFrame,
    ran: Ran,
    moment: Moment,
    top: Callable[[Scores], tuple[ScoredLabel, ...]],
) -> Result:
    """End a frame: whether it is in time is known only now, and only then it decides.

    Args:
        camera: whose it is; its counts and decisions take it in.
        waiting: the frame.
        ran: what came of it.
        moment: now.
        top: returns the best labels of scores.
    """
    age_ms = waiting.age_ms(moment.steady_ns, moment.now_ns)
    record = _record(camera, waiting, ran.found, age_ms, moment)
    if record.outcome is timing.Outcome.ON_TIME:
        _take_evidence(camera, waiting.stamp_ns, ran, age_ms, moment.steady_ns)
    camera.end(record)
    settings = camera.settings
    return Result(
        record,
        getattr(waiting.message, 'header', None),
        ran.top,
        camera.decider.decide(moment.steady_ns),
        waiting.message,
        None if camera.match else settings.roi,
        settings.significant_bits,
        tuple(TopOfRegion(region, top(answer)) for region, answer in ran.scored),
        tuple(camera.things.decide(moment.steady_ns)) if camera.match else (),
    )


def _record(
    camera: CameraQueue, waiting: WaitingFrame, found: FrameOutcome, age_ms: float, moment: Moment
) -> timing.FrameRecord:
    budget_ms = camera.settings.latency_budget_ms
    outcome, reason = found.outcome, found.reason
    if outcome is timing.Outcome.ON_TIME and age_ms > budget_ms:
        outcome = timing.Outcome.LATE
        late = f'finished {age_ms - budget_ms:.1f} ms after the budget'
        reason = '; '.join(filter(None, (reason, late)))
    return timing.FrameRecord(
        camera=camera.name,
        sequence=waiting.sequence,
        stamp_ns=waiting.stamp_ns,
        outcome=outcome,
        latency_budget_ms=budget_ms,
        age_ms=age_ms,
        transport_ms=waiting.transport_ms,
        total_ms=(moment.steady_ns - waiting.received_ns) / timing.NS_PER_MS,
        reason=reason,
        **{'variant': '', **found.times},
    )


def _take_evidence(
    camera: CameraQueue, stamp_ns: int, ran: Ran, age_ms: float, steady_ns: int
) -> None:
    captured_ns = steady_ns - round(age_ms * timing.NS_PER_MS)
    if ran.found.scores is not None:
        found = ran.found.scores
        camera.decider.update(found.scores, stamp_ns, captured_ns, found.decide_above)
    camera.things.record_answer(captured_ns)
    for region, answer in ran.scored:
        camera.things.update(
            region.id, answer.scores, stamp_ns, captured_ns, steady_ns, answer.decide_above
        )
