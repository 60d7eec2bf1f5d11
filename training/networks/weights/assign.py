# SPDX-License-Identifier: Apache-2.0
"""Give a network the weights stored for another of the same architecture, layer by layer."""

from collections.abc import Sequence
from typing import Any

import keras

from training.errors import TrainingError
from training.networks.blocks import HEAD, TOP, layers_by_block
from training.networks.weights.loaded import Array, Loaded, StoredLayer
from training.networks.weights.looks_like import looks_like


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
