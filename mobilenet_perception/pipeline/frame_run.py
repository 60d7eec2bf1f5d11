# SPDX-License-Identifier: Apache-2.0
"""One frame within its budget: one look, a faster one if that fails, a second if it is weak."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from mobilenet_perception.errors import AbandonedError, FrameError, PerceptionError
from mobilenet_perception.frames import Frame, RegionOfInterest, decode
from mobilenet_perception.inference.classifier import Classifier, Scores
from mobilenet_perception.pipeline.budget import Budget, Choice
from mobilenet_perception.pipeline.clock import NS_PER_MS, Clock
from mobilenet_perception.pipeline.timing import Outcome


class Task(NamedTuple):
    """A frame to run.

    Attributes:
        message: shaped like sensor_msgs Image or CompressedImage.
        roi: where to look; None: everywhere.
        variants: those that may run, most accurate first.
        current: the variant that ran last for this camera; empty: none.
        left_ms: what is left of the budget.
        second_below: score below which an answer is looked at again; 0: never, and the first
            look is the best that fits.
        finish_late: whether a run goes on past the deadline; if not it is stopped there, and the
            worker is free for a newer frame.
    """

    message: Any
    roi: RegionOfInterest | None
    variants: Sequence[str]
    current: str
    left_ms: float
    second_below: float
    finish_late: bool = False


class FrameOutcome(NamedTuple):
    """What came of it.

    Attributes:
        outcome: `on_time` as far as it is known yet, or why there are no scores.
        reason: why it is not on time, or took more than one look.
        times: fields of the frame's record, by name.
        scores: of the best look; None: none came to its end.
    """

    outcome: Outcome
    reason: str
    times: dict[str, Any]
    scores: Scores | None = None


def choose(task: Task, budget: Budget, learn: bool = True) -> Choice:
    """Choose the variant of the first look; `learn` as for `Budget.choose`."""
    if task.second_below:
        return budget.choose(task.left_ms, task.variants[::-1], learn=learn)
    return budget.choose(task.left_ms, task.variants, task.current, learn)


def decoded(task: Task, classifier: Classifier, variant: str) -> Frame:
    """Return a task's frame, at least as large as a variant needs it.

    Raises:
        FrameError: it is malformed.
    """
    size = classifier.variant(variant)
    return decode(task.message, min_height=size.height, min_width=size.width, roi=task.roi)


def run_frame(task: Task, classifier: Classifier, budget: Budget, clock: Clock) -> FrameOutcome:
    """Run a frame on the variants that its budget allows; whatever fails is an outcome."""
    run = _Run(task, classifier, budget, clock)
    choice = choose(task, budget)
    run.times['predicted_ms'] = choice.predicted_ms
    if not choice.variant:
        reason = (
            f'{task.left_ms:.1f} ms were left and the fastest variant needs '
            f'{choice.predicted_ms:.1f} ms'
        )
        return FrameOutcome(Outcome.EXPIRED, reason, run.times)
    try:
        run.first(choice.variant)
        run.second()
    except FrameError as error:
        return FrameOutcome(Outcome.REJECTED, str(error), run.times)
    reason = run.reason()
    if run.scores is None:
        return FrameOutcome(run.failure, reason, run.times)
    budget.record_overhead(run.elapsed_ms() - run.times['inference_ms'])
    return FrameOutcome(Outcome.ON_TIME, reason, run.times, run.scores)


def finish(
    task: Task,
    scores: Scores,
    times: dict[str, Any],
    classifier: Classifier,
    budget: Budget,
    clock: Clock,
) -> FrameOutcome:
    """Finish a frame that has had its first look: another one if the answer is weak.

    Args:
        task: with what is left of the budget now.
        scores: of the first look.
        times: fields of the frame's record, by name, with the variant that ran.
        classifier: scores frames.
        budget: predicts times.
        clock: tells the time.
    """
    run = _Run(task, classifier, budget, clock)
    run.times, run.scores = times, scores
    run.second()
    return FrameOutcome(Outcome.ON_TIME, run.reason(), run.times, run.scores)


class _Run:
    """The looks at one frame, and the time they take."""

    def __init__(self, task: Task, classifier: Classifier, budget: Budget, clock: Clock) -> None:
        self._task = task
        self._classifier = classifier
        self._budget = budget
        self._clock = clock
        self._started_ns = clock.steady_ns()
        self.times: dict[str, Any] = {'slowdown': budget.slowdown, 'looks': 0, 'batch': 0}
        self._reasons: list[str] = []
        self.failure = Outcome.FAILED
        self.scores: Scores | None = None

    def elapsed_ms(self) -> float:
        """Time since the frame was taken up."""
        return (self._clock.steady_ns() - self._started_ns) / NS_PER_MS

    def reason(self) -> str:
        """Say what failed: the first variant in full, for the others mostly fail alike."""
        if len(self._reasons) < 2:
            return ''.join(self._reasons)
        return f'{self._reasons[0]}; and {len(self._reasons) - 1} more variant(s) failed'

    def first(self, variant: str) -> None:
        """Look, and as long as that gives no answer, on a faster variant if there is time."""
        while True:
            faster = self._budget.faster(variant, self._task.variants)
            left_ms = self._left_ms()
            after_ms = self._budget.abandon_after_ms(variant, left_ms, faster)
            if not self._task.finish_late:
                after_ms = min(after_ms, left_ms)
            self._look(variant, after_ms)
            left_ms = self._left_ms()
            if self.scores is not None or not faster or left_ms <= 0:
                return
            variant = self._budget.choose_best_effort(left_ms, faster)

    def second(self) -> None:
        """Look at a weak answer again, on the most accurate variant that fits the time left."""
        found, variants = self.scores, self._task.variants
        if found is None or found.scores.max() >= self._task.second_below:
            return
        better = variants[: variants.index(self.times['variant'])]
        left_ms = self._left_ms()
        if not better or not (choice := self._budget.choose(left_ms, better, learn=False)).variant:
            return
        # An answer is there already: it must not come late for the sake of a better one.
        self._look(choice.variant, left_ms - self._budget.overhead_ms())

    def _left_ms(self) -> float:
        return self._task.left_ms - self.elapsed_ms()

    def _look(self, variant: str, abandon_after_ms: float) -> None:
        task, start_ns = self._task, self._clock.steady_ns()
        self.times['looks'] += 1
        self.times['batch'] = self.times['batch'] or 1
        try:
            frame = decoded(task, self._classifier, variant)
            self._took('decode_ms', (self._clock.steady_ns() - start_ns) / NS_PER_MS)
            found = self._classifier.classify(frame, task.roi, variant, abandon_after_ms)
        except FrameError:
            raise
        except AbandonedError as error:
            self.failure = Outcome.LATE
            self._took('inference_ms', error.inference_ms)
            self._budget.record_run(variant, error.inference_ms)
            self._reasons.append(f'{variant} was abandoned after {error.inference_ms:.1f} ms')
        except Exception as error:  # whatever a runtime raises must not end the node
            self.failure = Outcome.FAILED
            self._took('inference_ms', 0.0)
            kind = '' if isinstance(error, PerceptionError) else f'{type(error).__name__}: '
            self._reasons.append(f'{variant}: {kind}{error}')
        else:
            self._took('preprocess_ms', found.preprocess_ms)
            self._took('inference_ms', found.inference_ms)
            self._budget.record_run(variant, found.inference_ms)
            self.times['variant'] = variant
            self.scores = found

    def _took(self, stage: str, ms: float) -> None:
        self.times[stage] = self.times.get(stage, 0.0) + ms
