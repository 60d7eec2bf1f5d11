# SPDX-License-Identifier: Apache-2.0
"""Defaults of a training that begins with weights: what follows from the weights and the data.

They are a configuration as a user might write it; each flag and setting changes it.
"""

from collections.abc import Sequence

import numpy as np

from training.configuration.settings import Configuration, Head, Network, Optimizer, Stage
from training.data.data_set import Sample
from training.networks.weights.origin import Origin, origin

BATCH = 32
# An image is enlarged so far at most: beyond that, pixels cost time and show nothing new.
_LARGEST_ZOOM = 2.0
_LEAST_SIZE = 96
_GRID = 32
_LOOKED_AT = 64
# Rows that the head is fitted to: with more images, fewer views of each are worth their time.
_HEAD_ROWS = 8000
_MOST_VIEWS = 4
# Images that fine-tuning sees, however many there are of them.
_TUNING_IMAGES = 16_000
_LEAST_EPOCHS, _MOST_EPOCHS = 4, 20
_PATIENCE = 4
_RATE = 1e-4
# Averages of weights over about an epoch take the noise of small steps out of what is judged.
_LEAST_AVERAGE, _MOST_AVERAGE = 0.9, 0.99


def transfer_defaults(
    weights: str, train: Sequence[Sample], size: int | None = None
) -> Configuration:
    """Return the configuration of a training from weights, without a name.

    Args:
        weights: as `load_weights` takes them.
        train: the training part; some of its images are read.
        size: side of the network's input, in pixels; None: it follows from weights and images.

    Raises:
        TrainingError: the weights or an image cannot be read.
    """
    source = origin(weights)
    images = max(1, len(train))
    side = size or input_size(source.size, train)
    epochs = min(max(round(_TUNING_IMAGES / images), _LEAST_EPOCHS), _MOST_EPOCHS)
    views = min(max(round(_HEAD_ROWS / images), 1), _MOST_VIEWS)
    steps = -(-images // BATCH)
    average = round(min(max(1 - 1 / steps, _LEAST_AVERAGE), _MOST_AVERAGE), 3)
    return Configuration(
        name='',
        stages=(Stage(epochs, side, side),),
        network=_network(source, weights),
        head=Head(views=views),
        optimizer=Optimizer(learning_rate=_RATE, ema=average),
        batch_size=BATCH,
        patience=_PATIENCE,
    )


def input_size(of_weights: int, train: Sequence[Sample]) -> int:
    """Return the side of the network's input, in pixels: that of the weights, or less.

    Args:
        of_weights: side of the images that the weights were trained with, in pixels.
        train: some of these are read, to see how large they are.
    """
    some = train[:: -(-len(train) // _LOOKED_AT)] if train else ()
    if not some:
        return of_weights
    median = float(np.median([min(sample.pixels.shape[:2]) for sample in some]))
    useful = -(-int(_LARGEST_ZOOM * median) // _GRID) * _GRID
    return min(of_weights, max(_LEAST_SIZE, useful))


def chosen_words(configuration: Configuration, images: int) -> str:
    """Return what was chosen for a number of training images, as the flags that would do it."""
    c, network = configuration, configuration.network
    return (
        f'from {network.weights}, for {images} training images: '
        f'--architecture {network.architecture} --alpha {network.alpha:g} --size {c.height} '
        f'--epochs {c.stages[-1].epochs} --learning-rate {c.optimizer.learning_rate:g} '
        f'--batch-size {c.batch_size} --set head.views={c.head.views} patience={c.patience} '
        f'optimizer.ema={c.optimizer.ema:g} (give any of these otherwise)'
    )


def _network(source: Origin, weights: str) -> Network:
    network = Network(weights=weights, modify=source.modify)
    if source.architecture is None or source.alpha is None:
        return network
    return network._replace(architecture=source.architecture, alpha=source.alpha)
