# SPDX-License-Identifier: Apache-2.0
"""Learning rates: a linear warm-up, then cosine, steps or a constant."""

from collections.abc import Callable
from typing import Any

import keras

from training.configuration import Optimizer
from training.fit.legs import Leg

# What cosine ends with, as a part of the peak.
_COSINE_END = 0.002


class WarmUp(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """A linear warm-up before another schedule, begun in the midst if need be."""

    def __init__(self, after: Any, peak: float, steps: int, begin: int) -> None:
        """Warm up.

        Args:
            after: schedule that follows, as a function of the steps after the warm-up.
            peak: rate at the end of the warm-up.
            steps: length of the warm-up; 0: none.
            begin: steps of the schedule that lie before the optimiser's first.
        """
        self._after = after
        self._peak = peak
        self._steps = steps
        self._begin = begin

    def __call__(self, step: Any) -> Any:
        """Return the rate of a step of the optimiser."""
        done = keras.ops.cast(step, 'float32') + self._begin
        if not self._steps:
            return self._after(done)
        # The first step is not wasted on a rate of zero.
        ramp = self._peak * (done + 1) / self._steps
        after = self._after(keras.ops.maximum(done - self._steps, 0.0))
        return keras.ops.where(done < self._steps, ramp, after)


def learning_rate(settings: Optimizer, leg: Leg, epoch_steps: int) -> WarmUp:
    """Return the schedule of a stage, as a function of its optimiser's steps.

    Args:
        settings: which schedule.
        leg: where it begins and ends.
        epoch_steps: steps of an epoch.
    """
    total = (leg.schedule_end - leg.schedule_first) * epoch_steps
    warmup = min(round(settings.warmup_epochs * epoch_steps), total // 2)
    schedules = keras.optimizers.schedules
    after: Any
    if settings.schedule == 'cosine':
        after = schedules.CosineDecay(leg.peak, max(1, total - warmup), alpha=_COSINE_END)
    elif settings.schedule == 'step':
        interval = settings.step_epochs * epoch_steps
        # The warm-up is part of the first interval.
        bounds = [float(max(0, fall - warmup)) for fall in range(interval, total, interval)]
        rates = [leg.peak * settings.step_factor**i for i in range(len(bounds) + 1)]
        after = schedules.PiecewiseConstantDecay(bounds, rates) if bounds else _constant(leg.peak)
    else:
        after = _constant(leg.peak)
    begin = (leg.optimizer_first - leg.schedule_first) * epoch_steps
    return WarmUp(after, leg.peak, warmup, begin)


def _constant(rate: float) -> Callable[[Any], Any]:
    return lambda step: keras.ops.zeros_like(step) + rate
