# SPDX-License-Identifier: Apache-2.0
"""The structure of a network: its blocks by name, which of them train, and its size.

Parameters and multiply-adds are counted as the MobileNet papers do.
"""

import math
import re
from collections.abc import Iterator
from typing import NamedTuple

import keras

from training.errors import TrainingError

ALL = 'all'
HEAD = 'head'
TOP = 'top'
_STEM = 'stem'
_HEAD_LAYERS = ('dropout', 'logits')
# Names of layers here and in keras.applications; a group names the block, or gives its number.
_TOP_LAYERS = re.compile(r'(top|[Cc]onv_[12]|out_relu|post)(_|$)')
_NUMBERED = (
    re.compile(r'block_(\d+)_'),
    re.compile(r'conv_(?:pad|dw|pw)_(\d+)'),
    re.compile(r'expanded_conv_(\d+)_'),
)
_FIRST = re.compile(r'expanded_conv_\D')
_NAMED = re.compile(r'(conv\d_block\d+|block\d+[a-z]?)_')


class Trainable(NamedTuple):
    """How many weights train, and how many do not (running averages included)."""

    trainable: int
    frozen: int


def blocks(network: keras.Model) -> list[str]:
    """Return the names of a network's blocks, in order: `stem`, `block_1`, ..., `top`, `head`.

    `head` is the dropout and the layer `logits`. Families of `keras.applications` other than
    MobileNet keep the names that they have there; one without such names has `stem` and `head`.
    """
    return list(layers_by_block(network))


def layers_by_block(network: keras.Model) -> dict[str, list[keras.layers.Layer]]:
    """Return the layers of each block, in the order of the network."""
    found: dict[str, list[keras.layers.Layer]] = {}
    current = _STEM
    for layer in network.layers:
        current = _block_of(layer.name) or current
        found.setdefault(current, []).append(layer)
    return found


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


def parameters(model: keras.Model) -> int:
    """Return the number of learned weights, frozen or not, without batch norms' running averages.

    That is what papers count, and what is left, up to a few, once batch norms are folded.
    """
    return sum(
        math.prod(weight.shape)
        for layer in _layers(model)
        for weight in layer.weights
        if not weight.path.endswith(('moving_mean', 'moving_variance', 'seed_generator_state'))
    )


def multiply_adds(model: keras.Model) -> int:
    """Return the multiply-adds of one image through convolutions and dense layers.

    Biases, batch norms (folded on export), activations and pooling do not count.

    Raises:
        TrainingError: the network takes images of any size.
    """
    return sum(_multiply_adds(layer) for layer in _layers(model))


def _block_of(name: str) -> str | None:
    """Return the block that a layer's name tells; None: that of the layer before it."""
    if name in _HEAD_LAYERS:
        return HEAD
    if _TOP_LAYERS.match(name):
        return TOP
    for pattern in _NUMBERED:
        if match := pattern.match(name):
            return f'block_{match[1]}'
    if _FIRST.match(name):
        return 'block_0'
    match = _NAMED.match(name)
    return match[1] if match else None


def _layers(model: keras.Model) -> Iterator[keras.layers.Layer]:
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _layers(layer)
        else:
            yield layer


def _multiply_adds(layer: keras.layers.Layer) -> int:
    if isinstance(layer, keras.layers.Dense):
        # Once for each place, if there are several.
        return _values(layer) * int(layer.kernel.shape[0])
    if isinstance(layer, keras.layers.DepthwiseConv2D):
        return _values(layer) * int(math.prod(layer.kernel_size))
    if isinstance(layer, keras.layers.SeparableConv2D):
        kernels = (layer.depthwise_kernel, layer.pointwise_kernel)
        per_pixel = sum(int(math.prod(kernel.shape)) for kernel in kernels)
        return _values(layer) // int(layer.filters) * per_pixel
    if isinstance(layer, keras.layers.Conv2D):
        # The kernel: height, width, inputs of one group, outputs.
        return _values(layer) * int(math.prod(layer.kernel.shape[:3]))
    return 0


def _values(layer: keras.layers.Layer) -> int:
    """Return how many numbers a layer puts out for one image."""
    shape = layer.output.shape[1:]
    if None in shape:
        raise TrainingError(
            'multiply-adds depend on the size of images: build the network with height and width'
        )
    return int(math.prod(shape))
