# SPDX-License-Identifier: Apache-2.0
"""MobileNet V4: Qin et al., Universal Models for the Mobile Ecosystem, ECCV 2024."""

from typing import Any, NamedTuple

import keras

from training.networks import layers
from training.networks.modifications import ALL, Architecture, modified_blocks, option, stem_stride


class Convolution(NamedTuple):
    """A convolution with batch norm and activation."""

    channels: int
    stride: int
    kernel_size: int


class Fused(NamedTuple):
    """A fused inverted bottleneck: one full convolution expands, another projects."""

    channels: int
    stride: int
    kernel_size: int
    expansion: float


Block = Convolution | Fused | layers.Bottleneck


def _universal(start: int, middle: int, stride: int, channels: int, expansion: float) -> Block:
    return layers.Bottleneck(channels, stride, expansion, middle, start)


# The tables of the paper's appendix and of the authors' code, rows as
# (start kernel, middle kernel, stride, channels, expansion).
_CONV_SMALL: tuple[Block, ...] = (
    Convolution(32, 2, 3),
    Convolution(32, 1, 1),
    Convolution(96, 2, 3),
    Convolution(64, 1, 1),
    _universal(5, 5, 2, 96, 3),
    *[_universal(0, 3, 1, 96, 2)] * 4,
    _universal(3, 0, 1, 96, 4),
    _universal(3, 3, 2, 128, 6),
    _universal(5, 5, 1, 128, 4),
    _universal(0, 5, 1, 128, 4),
    _universal(0, 5, 1, 128, 3),
    *[_universal(0, 3, 1, 128, 4)] * 2,
)
_CONV_MEDIUM: tuple[Block, ...] = (
    Fused(48, 2, 3, 4),
    _universal(3, 5, 2, 80, 4),
    _universal(3, 3, 1, 80, 2),
    _universal(3, 5, 2, 160, 6),
    *[_universal(3, 3, 1, 160, 4)] * 2,
    _universal(3, 5, 1, 160, 4),
    _universal(3, 3, 1, 160, 4),
    _universal(3, 0, 1, 160, 4),
    _universal(0, 0, 1, 160, 2),
    _universal(3, 0, 1, 160, 4),
    _universal(5, 5, 2, 256, 6),
    _universal(5, 5, 1, 256, 4),
    *[_universal(3, 5, 1, 256, 4)] * 2,
    _universal(0, 0, 1, 256, 4),
    _universal(3, 0, 1, 256, 4),
    _universal(3, 5, 1, 256, 2),
    _universal(5, 5, 1, 256, 4),
    *[_universal(0, 0, 1, 256, 4)] * 2,
    _universal(5, 0, 1, 256, 2),
)
_STEM, _TOP, _EMBEDDING = 32, 960, 1280


def build_conv_small(settings: layers.NetworkSettings) -> keras.Model:
    """Return MobileNet V4 Conv-S with random weights: 3.8 M parameters, 0.2 G MACs at 224."""
    return _build('mobilenet_v4_conv_small', _CONV_SMALL, settings)


def build_conv_medium(settings: layers.NetworkSettings) -> keras.Model:
    """Return MobileNet V4 Conv-M with random weights: 9.7 M parameters, 1.1 G MACs at 256."""
    return _build('mobilenet_v4_conv_medium', _CONV_MEDIUM, settings)


def _build(name: str, blocks: tuple[Block, ...], settings: layers.NetworkSettings) -> keras.Model:
    """Return the network; `alpha` scales all channels, the embedding only above 1.

    That is the rule of the authors' code, which follows V2 here.
    """
    alpha, modify = settings.alpha, settings.modify
    activation = option(modify, 'activation', 'relu')
    image = layers.image_input(settings)
    features = layers.convolution(
        image.scaled,
        layers.channels_of(_STEM, alpha),
        3,
        'stem',
        stem_stride(modify),
        activation,
    )
    for number, block in enumerate(modified_blocks(blocks, modify)):
        scaled = block._replace(channels=layers.channels_of(block.channels, alpha))
        features = _block(features, scaled, activation, f'block_{number}')
    features = layers.convolution(
        features, layers.channels_of(_TOP, alpha), 1, 'top', activation=activation
    )
    features = keras.layers.GlobalAveragePooling2D(keepdims=True, name='top_pool')(features)
    # A batch norm here too, unlike V3: the authors' code has it, for quantisation.
    embedding = layers.channels_of(_EMBEDDING, max(alpha, 1.0))
    features = layers.convolution(features, embedding, 1, 'top_embedding', activation=activation)
    features = keras.layers.Flatten(name='top_flatten')(features)
    return layers.classifier(image, features, settings, name)


def _block(features: Any, block: Block, activation: str, name: str) -> Any:
    if isinstance(block, layers.Bottleneck):
        return layers.inverted_bottleneck(features, block, name)
    if isinstance(block, Convolution):
        channels, stride, kernel_size = block
        return layers.convolution(
            features, channels, kernel_size, f'{name}_conv', stride, activation
        )
    inner = layers.channels_of(features.shape[-1], block.expansion)
    features = layers.convolution(
        features, inner, block.kernel_size, f'{name}_expand', block.stride, activation
    )
    return layers.convolution(features, block.channels, 1, f'{name}_project')


ARCHITECTURES = {
    'mobilenet_v4_conv_small': Architecture(build_conv_small, ALL),
    'mobilenet_v4_conv_medium': Architecture(build_conv_medium, ALL),
}
