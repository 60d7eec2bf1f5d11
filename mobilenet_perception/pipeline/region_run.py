# SPDX-License-Identifier: Apache-2.0
"""The regions of a frame within its budget: all on the best variant with which all fit.

Where they do not, as many as fit on the fastest. They go through the network together as far as
that is faster on this machine; between two runs the time that is left is looked at again.
"""

from collections.abc import Sequence
from math import inf
from typing import NamedTuple

from mobilenet_perception.errors import AbandonedError, FrameError
from mobilenet_perception.frames import Frame, RegionOfInterest
from mobilenet_perception.inference.classifier import Classifier, Scores
from mobilenet_perception.pipeline.budget import Budget
from mobilenet_perception.pipeline.frame_run import FrameOutcome, Task, TaskRun
from mobilenet_perception.pipeline.regions import Region, RegionRules, clip
from mobilenet_perception.pipeline.timing import Clock, Outcome


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
    rules: RegionRules,
) -> RegionOutcome:
    """Look at the first regions of a frame, in the order given; whatever fails is an outcome.

    A frame is on time when it has no regions, or one of them was looked at.

    Args:
        task: the frame.
        regions: all that it has.
        classifier: scores them.
        budget: tells how many fit.
        clock: tells the time.
        rules: how many regions to look at, and how small they may be within the image.
    """
    run = _RegionsRun(task, regions[: rules.most], classifier, budget, clock, rules.min_pixels)
    outcome = run.run()
    classified = len(outcome.scored)
    outcome.frame.times.update(
        regions=len(regions),
        regions_classified=classified,
        regions_left=len(regions) - classified,
        regions_small=run.small,
    )
    return outcome


class _RegionsRun(TaskRun):
    """The regions of one frame: what was looked at, and what it took.

    Attributes:
        small: regions that were passed over, for too little of them lies in the image.
    """

    def __init__(
        self,
        task: Task,
        regions: Sequence[Region],
        classifier: Classifier,
        budget: Budget,
        clock: Clock,
        min_pixels: int,
    ) -> None:
        super().__init__(task, classifier, budget, clock)
        self.failure = Outcome.EXPIRED
        self.small = 0
        self._min_pixels = min_pixels
        self._given = regions
        self._scored: list[ScoredRegion] = []
        self._variants = list(task.variants)
        self._frame: Frame | None = None

    def run(self) -> RegionOutcome:
        """Look as long as there is time."""
        if not self._given:
            return self._end(Outcome.ON_TIME)
        task, count = self.task, len(self._given)
        first = self.budget.plan_regions(task.left_ms, self._variants, count, task.current)
        self.times['predicted_ms'] = first.predicted_ms
        if not first.fitting:
            self.reasons.append(
                f'{task.left_ms:.1f} ms were left and the fastest variant needs '
                f'{first.predicted_ms:.1f} ms for one of {count} regions'
            )
            return self._end(Outcome.EXPIRED)
        try:
            frame = self._frame = self.decode(first.variant, self._smallest())
        except FrameError as error:
            self.reasons.append(str(error))
            return self._end(Outcome.REJECTED)
        except Exception as error:  # whatever a decoder raises must not end the node
            self.take_failure(first.variant, error)
            return self._end(self.failure)
        inside = self._inside(frame)
        self._look_at(frame, inside)
        answered = self._scored or not inside
        return self._end(Outcome.ON_TIME if answered else self.failure)

    def _look_at(self, frame: Frame, waiting: list[Region]) -> None:
        while waiting and self._variants:
            left_ms = self.left_ms()
            current = self.times.get('variant') or self.task.current
            plan = self.budget.plan_regions(left_ms, self._variants, len(waiting), current)
            if not plan.fitting:
                if not self._scored:
                    self.reasons.append(f'{left_ms:.1f} ms were left after decoding')
                return
            together = waiting[: plan.together]
            if self._look(frame, together, plan.variant, left_ms):
                waiting = waiting[len(together) :]

    def _look(self, frame: Frame, regions: list[Region], variant: str, left_ms: float) -> bool:
        """Run regions together; whether they have an answer."""
        after_ms = inf if self.task.finish_late else left_ms
        if self._scored:
            # An answer is there already: it must not come late for the sake of others.
            after_ms = left_ms - self.budget.overhead_ms()
        self.begin_look(len(regions))
        try:
            pairs = [(frame, region.roi) for region in regions]
            found = self.classifier.classify_batch(pairs, variant, after_ms)
        except Exception as error:  # whatever a runtime raises must not end the node
            self.take_failure(variant, error, len(regions))
            # After one that was abandoned there is no time left for others.
            late = isinstance(error, AbandonedError)
            self._variants = [] if late else [v for v in self._variants if v != variant]
            return False
        self.take_answer(variant, found)
        self.budget.record_region(sum(scores.preprocess_ms for scores in found) / len(found))
        self.times.setdefault('variant', variant)
        self._scored += [ScoredRegion(*pair) for pair in zip(regions, found, strict=True)]
        return True

    def _smallest(self) -> RegionOfInterest:
        """Return a region of the least width and the least height of those given."""
        rois = [region.roi for region in self._given]
        return RegionOfInterest(0, 0, min(r.width for r in rois), min(r.height for r in rois))

    def _inside(self, frame: Frame) -> list[Region]:
        """Return the regions as far as they lie in the frame, without what is too small there."""
        width, height = (round(side / frame.scale) for side in (frame.width, frame.height))
        clipped = [(region, clip(region.roi, width, height)) for region in self._given]
        inside = [region._replace(roi=roi) for region, roi in clipped if roi is not None]
        if outside := len(clipped) - len(inside):
            self.reasons.append(
                f'{outside} of {len(clipped)} regions lie outside the image of '
                f'{width}x{height} pixels: are they of another image, or of another size?'
            )
        large = [r for r in inside if min(r.roi.width, r.roi.height) >= self._min_pixels]
        self.small = len(inside) - len(large)
        return large

    def _end(self, outcome: Outcome) -> RegionOutcome:
        if self._scored:
            spent_ms = self.times['inference_ms'] + self.times['preprocess_ms']
            self.budget.record_overhead(self.elapsed_ms() - spent_ms)
        reason = '; '.join(self.reasons)
        found = FrameOutcome(outcome, reason, self.times, frame=self._frame)
        return RegionOutcome(found, self._scored)
