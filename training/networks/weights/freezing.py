# SPDX-License-Identifier: Apache-2.0
"""Which layers train: the head alone, from a block on, or all."""

import math
from typing import NamedTuple

import keras

from training.errors import TrainingError
from training.networks.blocks import layers_by_block

ALL = 'all'


class Trainable(NamedTuple):
    """How many weights train, and how many do not (running averages included)."""

    trainable: int
    frozen: int


def train_from(network: keras.Model, what: str, *, batch_norm: bool = False) -> Trainable:
    """Set which layers train; compile the network afterwards.

    Args:
        network: of `build_network`.
        what: `all`; `head`, the last layer; or a block's name: it and all after it.
        batch_norm: whether batch norms train too, from that block on. By default they stay
            frozen, in inference mode: small batches of new data would spoil their averages.

    Returns:
        The number of weights that train, and that do not.

    Raises:
        TrainingError: the network has no such block.
    """
    by_block = layers_by_block(network)
    names = list(by_block)
    if what != ALL and what not in names:
        raise TrainingError(
            f'{network.name} has no block {what!r}: choose {ALL} or one of {", ".join(names)}'
        )
    first = 0 if what == ALL else names.index(what)
    for position, name in enumerate(names):
        for layer in by_block[name]:
            frozen_norm = isinstance(layer, keras.layers.BatchNormalization) and not batch_norm
            layer.trainable = position >= first and not frozen_norm
    trainable = sum(math.prod(weight.shape) for weight in network.trainable_weights)
    return Trainable(trainable, network.count_params() - trainable)
