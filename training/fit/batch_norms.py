# SPDX-License-Identifier: Apache-2.0
"""Statistics of batch norms that fit the weights (Wu and Johnson, 2021, section 3: precise BN).

Those that training gathers lag behind the weights, are of augmented images, and never met weights
that are an average.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import keras

from training.data.sample import Pixels
from training.fit.variables import kept


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
