# SPDX-License-Identifier: Apache-2.0
"""A frame within its budget: one look, a faster one if that fails, a second if it is weak.

Frames of several cameras share a run when that is faster and every deadline still holds.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from mobilenet_perception.errors import AbandonedError, FrameError, PerceptionError
from mobilenet_perception.frames import Frame, RegionOfInterest, decode
from mobilenet_perception.inference.classifier import Classifier, Scores
from mobilenet_perception.pipeline.budget import Budget, Choice
from mobilenet_perception.pipeline.timing import NS_PER_MS, Clock, Outcome


class Task(NamedTuple):
    """A frame to run.

    Attributes:
        message: shaped like sensor_msgs Image or CompressedImage.
        roi: where to look; None: everywhere.
        variants: those that may run, most accurate first.
        current: the variant that ran last for this camera; empty: none.
        left_ms: what is left of the budget.
        is_clear: whether an answer needs no second look; None: none is looked at again, and the
            first look is the best that fits.
        finish_late: whether a run goes on past the deadline; if not it is stopped there, and the
            worker is free for a newer frame.
        significant_bits: of 16-bit samples, 8 to 16; 0: all.
    """

    message: Any
    roi: RegionOfInterest | None
    variants: Sequence[str]
    current: str
    left_ms: float
    is_clear: Callable[[Scores], bool] | None = None
    finish_late: bool = False
    significant_bits: int = 0


class FrameOutcome(NamedTuple):
    """What came of a frame that was run.

    Attributes:
        outcome: `on_time` as far as it is known yet, or why there are no scores.
        reason: why it is not on time, or took more than one look.
        times: fields of the frame's record, by name.
        scores: of the best look; None: none came to its end.
        frame: the pixels that were looked at; None: none came to its end.
    """

    outcome: Outcome
    reason: str
    times: dict[str, Any]
    scores: Scores | None = None
    frame: Frame | None = None


class Batch(NamedTuple):
    """How many frames to run at once, and on which variant; 1: a frame alone."""

    frames: int
    variant: str = ''


def run_frame(task: Task, classifier: Classifier, budget: Budget, clock: Clock) -> FrameOutcome:
    """Run a frame on the variants that its budget allows; whatever fails is an outcome."""
    run = _FrameRun(task, classifier, budget, clock)
    choice = _choose(task, budget)
    run.times['predicted_ms'] = choice.predicted_ms
    if not choice.variant:
        reason = (
            f'{task.left_ms:.1f} ms were left and the fastest variant needs '
            f'{choice.predicted_ms:.1f} ms'
        )
        return FrameOutcome(Outcome.EXPIRED, reason, run.times)
    try:
        run.first_look(choice.variant)
        run.second_look()
    except FrameError as error:
        return FrameOutcome(Outcome.REJECTED, str(error), run.times)
    reason = run.reason()
    if run.scores is None:
        return FrameOutcome(run.failure, reason, run.times)
    budget.record_overhead(run.elapsed_ms() - run.times['inference_ms'])
    return FrameOutcome(Outcome.ON_TIME, reason, run.times, run.scores, run.frame)


def plan_batch(tasks: Sequence[Task], budget: Budget) -> Batch:
    """Return how many of the first tasks to run at once.

    Those that would run on the same variant anyway, as many as are faster at once than one after
    the other, if even the tightest of their budgets holds the whole.
    """
    variant = _choose(tasks[0], budget, learn=False).variant if len(tasks) > 1 else ''
    if not variant:
        return Batch(1)
    for count in budget.worthwhile_batches(variant):
        if count > len(tasks) or any(
            _choose(task, budget, learn=False).variant != variant for task in tasks[1:count]
        ):
            continue
        if budget.predict_batch_ms(variant, count) <= min(task.left_ms for task in tasks[:count]):
            return Batch(count, variant)
    return Batch(1)


def run_batch(
    tasks: Sequence[Task], variant: str, classifier: Classifier, budget: Budget, clock: Clock
) -> list[FrameOutcome]:
    """Run several frames at once on a variant; if that fails, each alone."""
    started_ns, count = clock.steady_ns(), len(tasks)
    left_ms = min(task.left_ms for task in tasks)
    faster = budget.faster(variant, tasks[0].variants)
    after_ms = budget.abandon_after_ms(variant, left_ms, faster, count)
    if not tasks[0].finish_late:
        after_ms = min(after_ms, left_ms)
    predicted_ms = budget.predict_batch_ms(variant, count)
    slowdown = budget.slowdown

    def elapsed_ms() -> float:
        return (clock.steady_ns() - started_ns) / NS_PER_MS

    try:
        frames, decode_ms = [], []
        for task in tasks:
            start_ms = elapsed_ms()
            frames.append((_decode(task, task.roi, classifier, variant), task.roi))
            decode_ms.append(elapsed_ms() - start_ms)
        found = classifier.classify_batch(frames, variant, after_ms)
    except Exception as error:  # one frame or the runtime is at fault: alone, each gets its due
        if isinstance(error, AbandonedError):
            budget.record_run(variant, error.inference_ms, count)
        return [run_frame(_later(task, elapsed_ms()), classifier, budget, clock) for task in tasks]
    budget.record_run(variant, found[0].inference_ms, count)
    budget.record_overhead((elapsed_ms() - found[0].inference_ms) / count)
    outcomes = []
    for task, scores, took_ms, (frame, _) in zip(tasks, found, decode_ms, frames, strict=True):
        # From here on each frame is on its own: a weak answer may get a second look.
        run = _FrameRun(_later(task, elapsed_ms()), classifier, budget, clock)
        run.scores, run.frame = scores, frame
        run.times = {
            'slowdown': slowdown,
            'predicted_ms': predicted_ms,
            'variant': variant,
            'looks': 1,
            'batch': count,
            'decode_ms': took_ms,
            'preprocess_ms': scores.preprocess_ms,
            'inference_ms': scores.inference_ms,
        }
        run.second_look()
        outcomes.append(
            FrameOutcome(Outcome.ON_TIME, run.reason(), run.times, run.scores, run.frame)
        )
    return outcomes


class TaskRun:
    """What the run of a task has come to: its times, what failed, and the time that is left.

    Attributes:
        times: fields of the frame's record, by name.
        reasons: what failed, in the order in which it did.
        failure: how the frame ends if nothing gives an answer.
    """

    def __init__(self, task: Task, classifier: Classifier, budget: Budget, clock: Clock) -> None:
        self.task = task
        self.classifier = classifier
        self.budget = budget
        self.times: dict[str, Any] = {'slowdown': budget.slowdown, 'looks': 0, 'batch': 0}
        self.reasons: list[str] = []
        self.failure = Outcome.FAILED
        self._clock = clock
        self._started_ns = clock.steady_ns()

    def elapsed_ms(self) -> float:
        """Time since the frame was taken up."""
        return (self._clock.steady_ns() - self._started_ns) / NS_PER_MS

    def left_ms(self) -> float:
        """What is left of the budget."""
        return self.task.left_ms - self.elapsed_ms()

    def begin_look(self, count: int = 1) -> None:
        """Note a run of so many pictures at once."""
        self.times['looks'] += 1
        self.times['batch'] = self.times['batch'] or count

    def decode(self, variant: str, roi: RegionOfInterest | None) -> Frame:
        """Return the frame at a scale that serves a variant's look at a region.

        Raises:
            FrameError: it is malformed.
        """
        start_ms = self.elapsed_ms()
        frame = _decode(self.task, roi, self.classifier, variant)
        self._add_ms('decode_ms', self.elapsed_ms() - start_ms)
        return frame

    def take_answer(self, variant: str, found: Sequence[Scores]) -> None:
        """Learn from a run that came to its end."""
        self._add_ms('preprocess_ms', sum(scores.preprocess_ms for scores in found))
        self._add_ms('inference_ms', found[0].inference_ms)
        self.budget.record_run(variant, found[0].inference_ms, len(found))

    def take_failure(self, variant: str, error: Exception, count: int = 1) -> None:
        """Learn from a run of so many pictures that gave no answer, whatever it raised."""
        if isinstance(error, AbandonedError):
            self.failure = Outcome.LATE
            self._add_ms('inference_ms', error.inference_ms)
            self.budget.record_run(variant, error.inference_ms, count)
            self.reasons.append(f'{variant} was abandoned after {error.inference_ms:.1f} ms')
            return
        self.failure = Outcome.FAILED
        self._add_ms('inference_ms', 0.0)
        kind = '' if isinstance(error, PerceptionError) else f'{type(error).__name__}: '
        self.reasons.append(f'{variant}: {kind}{error}')

    def _add_ms(self, stage: str, ms: float) -> None:
        self.times[stage] = self.times.get(stage, 0.0) + ms


class _FrameRun(TaskRun):
    """One frame on one variant after another: its looks, and the time that they take."""

    def __init__(self, task: Task, classifier: Classifier, budget: Budget, clock: Clock) -> None:
        super().__init__(task, classifier, budget, clock)
        self.scores: Scores | None = None
        self.frame: Frame | None = None

    def reason(self) -> str:
        """Say what failed: the first variant in full, for the others mostly fail alike."""
        if len(self.reasons) < 2:
            return ''.join(self.reasons)
        return f'{self.reasons[0]}; and {len(self.reasons) - 1} more variant(s) failed'

    def first_look(self, variant: str) -> None:
        """Look, and as long as that gives no answer, on a faster variant if there is time."""
        while True:
            faster = self.budget.faster(variant, self.task.variants)
            left_ms = self.left_ms()
            after_ms = self.budget.abandon_after_ms(variant, left_ms, faster)
            if not self.task.finish_late:
                after_ms = min(after_ms, left_ms)
            self._look(variant, after_ms)
            left_ms = self.left_ms()
            if self.scores is not None or not faster or left_ms <= 0:
                return
            variant = self.budget.choose_best_effort(left_ms, faster)

    def second_look(self) -> None:
        """Look at a weak answer again, on the most accurate variant that fits the time left."""
        found, variants = self.scores, self.task.variants
        if found is None or self.task.is_clear is None or self.task.is_clear(found):
            return
        better = variants[: variants.index(self.times['variant'])]
        left_ms = self.left_ms()
        if not better or not (choice := self.budget.choose(left_ms, better, learn=False)).variant:
            return
        # An answer is there already: it must not come late for the sake of a better one.
        self._look(choice.variant, left_ms - self.budget.overhead_ms())

    def _look(self, variant: str, abandon_after_ms: float) -> None:
        roi = self.task.roi
        self.begin_look()
        try:
            frame = self.decode(variant, roi)
            found = self.classifier.classify(frame, roi, variant, abandon_after_ms)
        except FrameError:
            raise
        except Exception as error:  # whatever a runtime raises must not end the node
            self.take_failure(variant, error)
        else:
            self.take_answer(variant, [found])
            self.times['variant'] = variant
            self.scores, self.frame = found, frame


def _choose(task: Task, budget: Budget, learn: bool = True) -> Choice:
    """Choose the variant of the first look; `learn` as for `Budget.choose`."""
    if task.is_clear is not None:
        return budget.choose(task.left_ms, task.variants[::-1], learn=learn)
    return budget.choose(task.left_ms, task.variants, task.current, learn)


def _decode(
    task: Task, roi: RegionOfInterest | None, classifier: Classifier, variant: str
) -> Frame:
    """Return a task's frame as pixels, at least as large as a variant needs it of a region.

    Raises:
        FrameError: it is malformed.
    """
    size = classifier.variant(variant)
    return decode(
        task.message, size.height, size.width, roi, significant_bits=task.significant_bits
    )


def _later(task: Task, ms: float) -> Task:
    """Return a task as it is after so many milliseconds."""
    return task._replace(left_ms=task.left_ms - ms)
