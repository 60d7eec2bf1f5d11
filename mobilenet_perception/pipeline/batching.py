# SPDX-License-Identifier: Apache-2.0
"""Frames of several cameras in one run, when that is faster and every deadline still holds."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from mobilenet_perception.errors import AbandonedError
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.pipeline.budget import Budget
from mobilenet_perception.pipeline.clock import NS_PER_MS, Clock
from mobilenet_perception.pipeline.frame_run import (
    FrameOutcome,
    Task,
    choose,
    decoded,
    finish,
    run_frame,
)


class Batch(NamedTuple):
    """How many frames to run at once, and on which variant; 1: a frame alone, as ever."""

    frames: int
    variant: str = ''


def plan_batch(tasks: Sequence[Task], budget: Budget) -> Batch:
    """Return how many of the first tasks to run at once.

    Those that would run on the same variant anyway, as many as are faster at once than one after
    the other, if even the tightest of their budgets holds the whole.
    """
    variant = choose(tasks[0], budget, learn=False).variant if len(tasks) > 1 else ''
    if not variant:
        return Batch(1)
    for count in budget.worthwhile_batches(variant):
        if count > len(tasks) or any(
            choose(task, budget, learn=False).variant != variant for task in tasks[1:count]
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
            frames.append((decoded(task, classifier, variant), task.roi))
            decode_ms.append(elapsed_ms() - start_ms)
        found = classifier.classify_together(frames, variant, after_ms)
    except Exception as error:  # one frame or the runtime is at fault: alone, each gets its due
        if isinstance(error, AbandonedError):
            budget.record_run(variant, error.inference_ms, count)
        return [run_frame(_later(task, elapsed_ms()), classifier, budget, clock) for task in tasks]
    budget.record_run(variant, found[0].inference_ms, count)
    budget.record_overhead((elapsed_ms() - found[0].inference_ms) / count)
    looked = []
    for task, scores, took_ms in zip(tasks, found, decode_ms, strict=True):
        times = {
            'slowdown': slowdown,
            'predicted_ms': predicted_ms,
            'variant': variant,
            'looks': 1,
            'batch': count,
            'decode_ms': took_ms,
            'preprocess_ms': scores.preprocess_ms,
            'inference_ms': scores.inference_ms,
        }
        looked.append(finish(_later(task, elapsed_ms()), scores, times, classifier, budget, clock))
    return looked


def _later(task: Task, ms: float) -> Task:
    left_ms = task.left_ms if math.isinf(task.left_ms) else task.left_ms - ms
    return task._replace(left_ms=left_ms)
