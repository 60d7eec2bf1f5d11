# SPDX-License-Identifier: Apache-2.0
"""Averages of a model: the moving average of its weights, and batch norms that fit them.

The values of variables are taken, put back, or kept for a while. Statistics of batch norms are
made of batches (Wu and Johnson, 2021, section 3: precise BN): those that training gathers lag
behind the weights, are of augmented images, and never met weights that are an average.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import keras

from training.data.data_set import Array, Pixels

Values = list[Array]


def values_of(variables: Sequence[keras.Variable]) -> Values:
    """Return copies of the values."""
    return [keras.ops.convert_to_numpy(variable) for variable in variables]


def put_back(variables: Sequence[keras.Variable], values: Values) -> None:
    """Assign what `values_of` returned."""
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


@contextmanager
def kept(variables: Sequence[keras.Variable]) -> Iterator[None]:
    """Put the values back at the end of the block, however it ends."""
    before = values_of(variables)
    try:
        yield
    finally:
        put_back(variables, before)


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


@contextmanager
def statistics_of(model: keras.Model, batches: Iterable[Pixels]) -> Iterator[None]:
    """Have the statistics of batches in a model for a while, if there are any batches."""
    # Seeds of dropout among them: what training does next must not depend on this.
    with kept(model.non_trainable_variables):
        take_statistics(model, batches)
        yield


@contextmanager
def averaged(model: keras.Model, on: bool) -> Iterator[None]:
    """Have the averaged weights in a model for a while, if `on`."""
    if not on:
        yield
        return
    with kept(model.trainable_variables):
        model.optimizer.finalize_variable_values(model.trainable_variables)
        yield


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
