# SPDX-License-Identifier: Apache-2.0
"""Weights as stored, layer by layer, given to a network of the same architecture.

What does not fit is said, with a guess of the architecture that it is of.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
import numpy.typing as npt

from training.errors import TrainingError
from training.networks.blocks import HEAD, TOP, layers_by_block

Array = npt.NDArray[Any]
# By the number of depthwise convolutions: architecture, and channels of the last at alpha 1.
_BY_DEPTHWISE = {
    13: ('mobilenet_v1', 1024),
    17: ('mobilenet_v2', 960),
    15: ('mobilenet_v3_large', 960),
    11: ('mobilenet_v3_small', 576),
}


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


def assign(network: keras.Model, stored: Sequence[StoredLayer], source: str) -> Loaded:
    """Set the weights of `network`, all or none.

    Layers are matched in order, not by name, and must fit in shape. Only the last layer may
    differ, in its number of classes, and the layers of `top` and `head` may be missing at the
    end of what is stored: they keep their weights.

    Args:
        network: gets the weights.
        stored: layers with weights, in the order of the network.
        source: where they come from, for messages.

    Raises:
        TrainingError: the weights are of another architecture or width.
    """
    own = [layer for layer in network.layers if layer.weights]
    by_block = layers_by_block(network)
    ends = [layer for block in (TOP, HEAD) for layer in by_block.get(block, [])]
    values = []
    for position, layer in enumerate(own):
        if position >= len(stored):
            if layer in ends:
                continue
            raise _unfit(network, stored, source, f'it ends before {layer.name}')
        arrays = _fitted(layer, stored[position].arrays)
        if arrays is not None:
            values.append((layer, arrays))
        elif layer is not own[-1]:
            found, taken = _shapes(stored[position].arrays), _shapes(layer.weights)
            why = (
                f'its layer {stored[position].name} holds {found}, and {layer.name} takes {taken}'
            )
            raise _unfit(network, stored, source, why)
    if len(stored) > len(own):
        raise _unfit(network, stored, source, f'it goes on with {stored[len(own)].name}')
    for layer, arrays in values:
        layer.set_weights(arrays)
    loaded = [layer for layer, _ in values]
    random = tuple(layer.name for layer in own if layer not in loaded)
    return Loaded(source, len(loaded), random)


def looks_like(stored: Sequence[StoredLayer]) -> str | None:
    """Return an architecture and its alpha in words; None: it is like none of those known."""
    channels = [
        array.shape[2]
        for layer in stored
        for array in layer.arrays
        if array.ndim == 4 and array.shape[3] == 1 and array.shape[0] > 1
    ]
    if len(channels) not in _BY_DEPTHWISE:
        return None
    architecture, full = _BY_DEPTHWISE[len(channels)]
    return f'{architecture} with alpha {channels[-1] / full:.2g}'


def _fitted(layer: keras.layers.Layer, arrays: Sequence[Array]) -> list[Array] | None:
    """Return the arrays in the layer's shapes; a 1 x 1 convolution is as good as a dense layer."""
    shapes = [tuple(weight.shape) for weight in layer.weights]
    if [_core(array.shape) for array in arrays] != [_core(shape) for shape in shapes]:
        return None
    return [array.reshape(shape) for array, shape in zip(arrays, shapes, strict=True)]


def _core(shape: Sequence[int]) -> tuple[int, ...]:
    return tuple(shape[2:] if len(shape) == 4 and tuple(shape[:2]) == (1, 1) else shape)


def _shapes(arrays: Sequence[Any]) -> str:
    return ', '.join('x'.join(map(str, array.shape)) or 'a number' for array in arrays)


def _unfit(
    network: keras.Model, stored: Sequence[StoredLayer], source: str, why: str
) -> TrainingError:
    guess = looks_like(stored)
    hint = f'; it looks like {guess}' if guess else ''
    return TrainingError(f'{source} does not fit this {network.name}: {why}{hint}')
