# SPDX-License-Identifier: Apache-2.0
"""What a replay or demo has seen: the input of every report.

What the pipeline says of frames, paired with what the source knows of them, and what was run on
what.
"""

import platform
from typing import TYPE_CHECKING, Any, NamedTuple

from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.pipeline.decision import ScoredLabel
from mobilenet_perception.pipeline.timing import FrameRecord, Outcome
from mobilenet_perception.system.machine.identity import processor_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mobilenet_perception.inference.bundle import Bundle
    from mobilenet_perception.inference.runtimes import Runtime
    from mobilenet_perception.pipeline.region_decisions import ThingDecision
    from mobilenet_perception.pipeline.result import Result, TopOfRegion
    from mobilenet_perception.recordings import SourceFrame
    from mobilenet_perception.recordings.labels import ThingLabels


class ThingResult(NamedTuple):
    """What was said of one region of a frame, or of a thing that is still in mind.

    Attributes:
        id: of the thing; empty: it is not known again, and nothing is decided of it.
        roi: where it was looked at in this frame, else where it was last; None: not known.
        label: the best label in this frame; empty where it was not looked at.
        score: its calibrated probability, 0 to 1; None without a label.
        decision: what is decided of it after this frame; empty: nothing.
        truth: the label that it shows, None: not known.
        clear: it counts for accuracy; only what was looked at does.
    """

    id: str
    roi: RegionOfInterest | None
    label: str
    score: float | None
    decision: str
    truth: str | None
    clear: bool


class FrameResult(NamedTuple):
    """What became of one frame, and what is known about it.

    Attributes:
        record: its life; `stamp_ns` is the source's own stamp.
        time_s: seconds since the first frame of the source.
        top: best labels, best first; empty where none was given within the budget.
        decision: the decision after it; empty when it was not seen. Of a camera with regions
            `stale`, where nothing was answered for long, else empty.
        truth: the label that it shows, None: not known.
        clear: it counts for accuracy.
        roi: where the classifier looked, None: everywhere, or in regions.
        things: what was said of its regions; None: its camera has none.
    """

    record: FrameRecord
    time_s: float
    top: tuple[ScoredLabel, ...]
    decision: str
    truth: str | None
    clear: bool
    roi: RegionOfInterest | None
    things: tuple[ThingResult, ...] | None = None

    @property
    def label(self) -> str:
        """The best label, or empty."""
        return self.top[0].label if self.top else ''


class MissedFrame(NamedTuple):
    """A frame that was sent to the node and never reported by it."""

    camera: str
    time_s: float
    truth: str | None
    clear: bool


class Thumbnail(NamedTuple):
    """A small JPEG of a frame: `width` and `height` are the camera's, in pixels."""

    camera: str
    stamp_ns: int
    width: int
    height: int
    jpeg: bytes


class Run(NamedTuple):
    """A replay or demo, ended.

    Attributes:
        mode: `fast`, `paced` or `ros`.
        source: what was played.
        bundle: name, digest, labels, variants.
        machine: processor, runtime and versions.
        latency_budget_ms: of each frame; None: none was set.
        frames: results by camera, in the order of the frames.
        missed: frames sent over DDS that the node never reported.
        thumbnails: a few frames to look at.
        troubles: what diagnostics said, once each, in the order in which it was first said.
        wall_s: how long it took, in seconds.
        interrupted: whether a person ended it.
    """

    mode: str
    source: str
    bundle: dict[str, Any]
    machine: dict[str, Any]
    latency_budget_ms: float | None
    frames: dict[str, list[FrameResult]]
    missed: list[MissedFrame]
    thumbnails: list[Thumbnail]
    troubles: list[str]
    wall_s: float
    interrupted: bool = False

    def all_frames(self) -> list[FrameResult]:
        """Return the results of all cameras."""
        return [result for results in self.frames.values() for result in results]


def thing_results(
    looked: 'Iterable[TopOfRegion]',
    decided: 'Iterable[ThingDecision]',
    known: 'ThingLabels',
    stamp_ns: int,
) -> tuple[ThingResult, ...]:
    """Return what was said of the things of one frame.

    Args:
        looked: the regions that were looked at.
        decided: what was decided after it, of these and of others still in mind.
        known: what is known of the things.
        stamp_ns: capture stamp of the frame in the source.
    """
    decisions = {item.id: item for item in decided if item.id}
    found = []
    for (name, roi), top in looked:
        decision = decisions.pop(name).decision.label if name in decisions else ''
        truth, best = known.at(name, stamp_ns), top[0]
        found.append(
            ThingResult(name, roi, best.label, best.score, decision, truth.truth, truth.clear)
        )
    for name, place, left in decisions.values():
        truth = known.at(name, stamp_ns)
        found.append(ThingResult(name, place, '', None, left.label, truth.truth, clear=False))
    return tuple(found)


def camera_decision(decided: 'Iterable[ThingDecision]') -> str:
    """Return what is decided of a camera with regions as a whole: `stale` or nothing."""
    return next((item.decision.label for item in decided if not item.id), '')


def frame_result(
    result: 'Result', frame: 'SourceFrame', first_ns: int, known: 'ThingLabels | None' = None
) -> FrameResult:
    """Return a frame's result under the source's own stamp.

    Args:
        result: what the pipeline has made of it.
        frame: as the source gave it.
        first_ns: when the first frame of the source was recorded.
        known: what is known of the things that regions name; None: the camera has no regions.
    """
    on_time = result.record.outcome is Outcome.ON_TIME
    if known is not None:
        looked = result.regions if on_time else ()
        return FrameResult(
            record=result.record._replace(stamp_ns=frame.stamp_ns),
            time_s=(frame.log_ns - first_ns) / 1e9,
            top=(),
            decision=camera_decision(result.things),
            truth=None,
            clear=False,
            roi=None,
            things=thing_results(looked, result.things, known, frame.stamp_ns),
        )
    return FrameResult(
        record=result.record._replace(stamp_ns=frame.stamp_ns),
        time_s=(frame.log_ns - first_ns) / 1e9,
        top=result.top if on_time else (),
        decision=result.decision.label,
        truth=frame.truth,
        clear=frame.clear,
        roi=frame.roi,
    )


def describe_bundle(bundle: 'Bundle') -> dict[str, Any]:
    """Return what a report says of the bundle."""
    manifest = bundle.manifest
    return {
        'name': manifest.name,
        'digest': bundle.digest,
        'labels': list(manifest.labels),
        'variants': [variant.name for variant in manifest.variants],
        'decide_above': manifest.decision.decide_above,
    }


def describe_machine(runtime: 'Runtime') -> dict[str, Any]:
    """Return what a report says of the machine."""
    return {
        'processor': processor_name(),
        'python': platform.python_version(),
        'runtime': f'{runtime.name} {runtime.version}',
    }
