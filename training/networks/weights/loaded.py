# SPDX-License-Identifier: Apache-2.0
"""Weights as stored, layer by layer, and what became of them."""

from typing import Any, NamedTuple

import keras
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class StoredLayer(NamedTuple):
    """A layer's name and weights, in Keras' order and layout."""

    name: str
    arrays: tuple[Array, ...]


class Loaded(NamedTuple):
    """What was loaded.

    Attributes:
        source: in words.
        layers: how many layers have their weights from it.
        random: names of the layers that keep their random weights.
    """

    source: str
    layers: int
    random: tuple[str, ...]

    def __str__(self) -> str:
        """Say it in one sentence."""
        sentence = f'weights of {self.layers} layers are from {self.source}'
        if not self.random:
            return sentence
        return f'{sentence}; {", ".join(self.random)} keep random weights, and must be trained'


def layers_of(network: keras.Model) -> list[StoredLayer]:
    """Return the weights of a Keras network's layers; layers without any are left out."""
    return [
        StoredLayer(layer.name, tuple(np.asarray(array) for array in layer.get_weights()))
        for layer in network.layers
        if layer.weights
    ]
