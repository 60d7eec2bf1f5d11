# SPDX-License-Identifier: Apache-2.0
"""The blocks of a network by name, from the first layer to the last."""

import re

import keras

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
