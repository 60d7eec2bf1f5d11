# SPDX-License-Identifier: Apache-2.0
"""The regions of a frame within its budget: all on the best variant with which all fit.

Where they do not, as many as fit on the fastest. They go through the network together as far as
that is faster on this machine; between two runs the time that is left is looked at again.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from mobilenet_perception.errors import AbandonedError, FrameError, PerceptionError
from mobilenet_perception.frames import Frame, RegionOfInterest, decode
from mobilenet_perception.inference.classifier import Classifier, Scores
from mobilenet_perception.pipeline.budget import Budget
from mobilenet_perception.pipeline.frame_run import FrameOutcome, Task
from mobilenet_perception.pipeline.regions import Region, clip
from mobilenet_perception.pipeline.timing import NS_PER_MS, Clock, Outcome


class ScoredRegion(NamedTuple):
    """A region as it was looked at, and what a variant says of it."""

    region: Region
    scores: Scores


class RegionOutcome(NamedTuple):
    """What came of a frame with regions.

    Attributes:
        frame: of the frame as a whole; its `scores` are None.
        scored: the regions that were looked at, clipped to the image, in the order of the runs.
    """

    frame: FrameOutcome
    scored: Sequence[ScoredRegion]


def run_regions(
    task: Task,
    regions: Sequence[Region],
    classifier: Classifier,
    budget: Budget,
    clock: Clock,
    most: int = 16,
) -> RegionOutcome:
    """Look at the first regions of a frame, in the order given; whatever fails is an outcome.

    A frame is on time when it has no regions, or one of them was looked at.

    Args:
        task: the frame.
        regions: all that it has.
        classifier: scores them.
        budget: tells how many fit.
        clock: tells the time.
        most: regions to look at.
    """
    outcome = _RegionsRun(task, regions[:most], classifier, budget, clock).run()
    classified = len(outcome.scored)
    outcome.frame.times.update(
        regions=len(regions),
        regions_classified=classified,
        regions_left=len(regions) - classified,
    )
    return outcome


class _RegionsRun:
    """The regions of one frame: what was looked at, and what it took."""

    def __init__(
        self,
        task: Task,
        regions: Sequence[Region],
        classifier: Classifier,
        budget: Budget,
        clock: Clock,
    ) -> None:
        self._task = task
        self._given = regions
        self._classifier = classifier
        self._budget = budget
        self._clock = clock
        self._started_ns = clock.steady_ns()
        self._scored: list[ScoredRegion] = []
        self._reasons: list[str] = []
        self._failure = Outcome.EXPIRED
        self._variants = list(task.variants)
        self._frame: Frame | None = None
        self._times: dict[str, Any] = {'slowdown': budget.slowdown, 'looks': 0, 'batch': 0}

    def run(self) -> RegionOutcome:
        """Look as long as there is time."""
        if not self._given:
            return self._end(Outcome.ON_TIME)
        count = len(self._given)
        first = self._budget.plan_regions(
            self._task.left_ms, self._variants, count, self._task.current
        )
        self._times['predicted_ms'] = first.predicted_ms
        if not first.fitting:
            self._reasons.append(
                f'{self._task.left_ms:.1f} ms were left and the fastest variant needs '
                f'{first.predicted_ms:.1f} ms for one of {count} regions'
            )
            return self._end(Outcome.EXPIRED)
        try:
            frame = self._frame = self._decode(first.variant)
        except FrameError as error:
            self._reasons.append(str(error))
            return self._end(Outcome.REJECTED)
        inside = self._inside(frame)
        self._look_at(frame, inside)
        answered = self._scored or not inside
        return self._end(Outcome.ON_TIME if answered else self._failure)

    def _look_at(self, frame: Frame, waiting: list[Region]) -> None:
        while waiting and self._variants:
            left_ms = self._left_ms()
            current = self._times.get('variant') or self._task.current
            plan = self._budget.plan_regions(left_ms, self._variants, len(waiting), current)
            if not plan.fitting:
                if not self._scored:
                    self._reasons.append(f'{left_ms:.1f} ms were left after decoding')
                return
            together = waiting[: plan.together]
            if self._run(frame, together, plan.variant, left_ms):
                waiting = waiting[len(together) :]

    def _run(self, frame: Frame, regions: list[Region], variant: str, left_ms: float) -> bool:
        """Run regions together; whether they have an answer."""
        budget, count = self._budget, len(regions)
        self._times['looks'] += 1
        self._times['batch'] = self._times['batch'] or count
        after_ms = float('inf') if self._task.finish_late else left_ms
        if self._scored:
            # An answer is there already: it must not come late for the sake of others.
            after_ms = left_ms - budget.overhead_ms()
        try:
            pairs = [(frame, region.roi) for region in regions]
            found = self._classifier.classify_batch(pairs, variant, after_ms)
        except AbandonedError as error:
            self._add_ms('inference_ms', error.inference_ms)
            budget.record_run(variant, error.inference_ms, count)
            self._failure = Outcome.LATE
            self._reasons.append(f'{variant} was abandoned after {error.inference_ms:.1f} ms')
            self._variants = []  # there is no time left for others
            return False
        except Exception as error:  # whatever a runtime raises must not end the node
            kind = '' if isinstance(error, PerceptionError) else f'{type(error).__name__}: '
            self._failure = Outcome.FAILED
            self._reasons.append(f'{variant}: {kind}{error}')
            self._variants.remove(variant)
            return False
        inference_ms = found[0].inference_ms
        preprocess_ms = sum(scores.preprocess_ms for scores in found)
        self._add_ms('inference_ms', inference_ms)
        self._add_ms('preprocess_ms', preprocess_ms)
        self._times.setdefault('variant', variant)
        budget.record_run(variant, inference_ms, count)
        budget.record_region(preprocess_ms / count)
        self._scored += [ScoredRegion(*pair) for pair in zip(regions, found, strict=True)]
        return True

    def _decode(self, variant: str) -> Frame:
        """Return the frame, at a scale that serves the smallest of its regions."""
        start_ns = self._clock.steady_ns()
        size = self._classifier.variant(variant)
        smallest = RegionOfInterest(
            0,
            0,
            min(region.roi.width for region in self._given),
            min(region.roi.height for region in self._given),
        )
        frame = decode(
            self._task.message,
            min_height=size.height,
            min_width=size.width,
            roi=smallest,
            significant_bits=self._task.significant_bits,
        )
        self._add_ms('decode_ms', (self._clock.steady_ns() - start_ns) / NS_PER_MS)
        return frame

    def _inside(self, frame: Frame) -> list[Region]:
        """Return the regions as far as they lie in the frame."""
        width, height = (round(side / frame.scale) for side in (frame.width, frame.height))
        clipped = [(region, clip(region.roi, width, height)) for region in self._given]
        inside = [region._replace(roi=roi) for region, roi in clipped if roi is not None]
        if outside := len(clipped) - len(inside):
            self._reasons.append(
                f'{outside} of {len(clipped)} regions lie outside the image of '
                f'{width}x{height} pixels: are they of another image, or of another size?'
            )
        return inside

    def _end(self, outcome: Outcome) -> RegionOutcome:
        if self._scored:
            spent_ms = sum(self._times[what] for what in ('inference_ms', 'preprocess_ms'))
            self._budget.record_overhead(self._elapsed_ms() - spent_ms)
        reason = '; '.join(self._reasons)
        found = FrameOutcome(outcome, reason, self._times, frame=self._frame)
        return RegionOutcome(found, self._scored)

    def _elapsed_ms(self) -> float:
        return (self._clock.steady_ns() - self._started_ns) / NS_PER_MS

    def _left_ms(self) -> float:
        return self._task.left_ms - self._elapsed_ms()

    def _add_ms(self, stage: str, ms: float) -> None:
        self._times[stage] = self._times.get(stage, 0.0) + ms
