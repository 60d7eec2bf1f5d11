# SPDX-License-Identifier: Apache-2.0
"""Optimisers, learning rates and losses, as a configuration names them; averages of weights.

With the moving average of the weights, batch norms need statistics that fit it. They are made of
batches (Wu and Johnson, 2021, section 3: precise BN): those that training gathers lag behind the
weights, are of augmented images, and never met weights that are an average.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from training.configuration.settings import Loss, Optimizer
from training.data.data_set import Array, Pixels, Sample
from training.fit.legs import Leg

# Biases and batch norms: to shrink them only hurts (He et al., CVPR 2019, section 3.1).
_WITHOUT_DECAY = ['bias', 'gamma', 'beta']
# What cosine ends with, as a part of the peak.
_COSINE_END = 0.002
Values = list[Array]


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


def make_optimizer(settings: Optimizer, rate: Any) -> keras.Optimizer:
    """Return an optimiser.

    Args:
        settings: which, with decoupled weight decay, clipping and averaging.
        rate: learning rate or schedule.
    """
    common = {
        'learning_rate': rate,
        'global_clipnorm': settings.clip_norm or None,
        'use_ema': settings.ema > 0,
        'ema_momentum': settings.ema,
        # Keras decouples it from the gradient for every optimiser, not for AdamW alone.
        'weight_decay': settings.weight_decay or None,
    }
    optimizers = keras.optimizers
    if settings.name == 'sgd':
        made = optimizers.SGD(momentum=settings.momentum, nesterov=True, **common)
    elif settings.name == 'rmsprop':
        made = optimizers.RMSprop(momentum=settings.momentum, **common)
    elif settings.name == 'adam':
        made = optimizers.Adam(**common)
    else:
        made = optimizers.AdamW(**{**common, 'weight_decay': settings.weight_decay})
    made.exclude_from_weight_decay(var_names=_WITHOUT_DECAY)
    return made


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


def make_loss(settings: Loss) -> keras.losses.Loss:
    """Return the loss of logits against targets, probabilities of the classes.

    Label smoothing and the teacher are in the targets of training, so the loss of validation is
    that of the true labels, and comparable between configurations.
    """
    if settings.name == 'focal':
        # Lin et al., ICCV 2017, equation 4; classes are weighed by `class_weights`, not by alpha.
        return keras.losses.CategoricalFocalCrossentropy(
            alpha=1.0, gamma=settings.focal_gamma, from_logits=True
        )
    return keras.losses.CategoricalCrossentropy(from_logits=True)


def class_weights(samples: Sequence[Sample], labels: Sequence[str]) -> npt.NDArray[np.float32]:
    """Return (classes,) float32, by the inverse of the frequency: 1 on average over the samples.

    A class without samples weighs 0.
    """
    counts = Counter(sample.label for sample in samples)
    of_label = np.array([counts[label] for label in labels], np.float64)
    weights = np.zeros(len(labels))
    np.divide(len(samples), len(counts) * of_label, out=weights, where=of_label > 0)
    return weights.astype(np.float32)


@contextmanager
def averaged(model: keras.Model, on: bool) -> Iterator[None]:
    """Have the averaged weights in a model for a while, if `on`."""
    if not on:
        yield
        return
    with kept(model.trainable_variables):
        model.optimizer.finalize_variable_values(model.trainable_variables)
        yield


@contextmanager
def statistics_of(model: keras.Model, batches: Iterable[Pixels]) -> Iterator[None]:
    """Have the statistics of batches in a model for a while, if there are any batches."""
    # Seeds of dropout among them: what training does next must not depend on this.
    with kept(model.non_trainable_variables):
        take_statistics(model, batches)
        yield


def take_statistics(model: keras.Model, batches: Iterable[Pixels]) -> None:
    """Replace the statistics of the batch norms that are trained by their means over batches.

    Args:
        model: its frozen batch norms keep what they have.
        batches: (batch, height, width, 3) uint8 RGB each, of about equal size.
    """
    kind = keras.layers.BatchNormalization
    layers = [layer for layer in model.layers if isinstance(layer, kind) and layer.trainable]
    momenta = [layer.momentum for layer in layers]
    try:
        for number, images in enumerate(batches):
            for layer in layers:
                # Makes of a moving average that of all up to here, beginning with nothing.
                layer.momentum = number / (number + 1)
            model(images, training=True)
    finally:
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum = momentum


class KeepTrained(keras.callbacks.Callback):  # type: ignore[misc]
    """Undoes that Keras overwrites the weights by their average at the end of each `fit`."""

    def __init__(self) -> None:
        super().__init__()
        self._trained: Values = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Keep the weights that are trained."""
        self._trained = values_of(self.model.trainable_variables)

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Put them back."""
        put_back(self.model.trainable_variables, self._trained)


@contextmanager
def kept(variables: Sequence[keras.Variable]) -> Iterator[None]:
    """Put the values back at the end of the block, however it ends."""
    before = values_of(variables)
    try:
        yield
    finally:
        put_back(variables, before)


def values_of(variables: Sequence[keras.Variable]) -> Values:
    """Return copies of the values."""
    return [keras.ops.convert_to_numpy(variable) for variable in variables]


def put_back(variables: Sequence[keras.Variable], values: Values) -> None:
    """Assign what `values_of` returned."""
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _constant(rate: float) -> Callable[[Any], Any]:
    return lambda step: keras.ops.zeros_like(step) + rate
