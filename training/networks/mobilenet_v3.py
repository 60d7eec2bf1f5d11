# SPDX-License-Identifier: Apache-2.0
"""MobileNet V3: Howard et al., Searching for MobileNetV3, ICCV 2019; and its minimalistic form."""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras

from training.networks import layers
from training.networks.modifications import ALL, Architecture, modified_blocks, option, stem_stride


class _Style(NamedTuple):
    """What the minimalistic form, for accelerators, does without."""

    kernel_size: int
    activation: str
    squeeze: float


_FULL = _Style(5, 'hard_swish', layers.SQUEEZE_RATIO)
_MINIMALISTIC = _Style(3, 'relu', 0.0)
_STEM = 16


class _Variant(NamedTuple):
    application: Callable[..., keras.Model]
    blocks: Callable[[_Style], tuple[layers.Bottleneck, ...]]
    embedding: int


def _large(style: _Style) -> tuple[layers.Bottleneck, ...]:
    """Return the blocks of table 1 of the paper."""
    kernel_size, activation, squeeze = style

    def plain(channels: int, stride: int, expansion: float, activation: str) -> layers.Bottleneck:
        return layers.Bottleneck(channels, stride, expansion, 3, activation=activation)

    def deep(channels: int, stride: int, expansion: float, activation: str) -> layers.Bottleneck:
        return layers.Bottleneck(channels, stride, expansion, kernel_size, 0, activation, squeeze)

    return (
        plain(16, 1, 1, 'relu'),
        plain(24, 2, 4, 'relu'),
        plain(24, 1, 3, 'relu'),
        deep(40, 2, 3, 'relu'),
        *[deep(40, 1, 3, 'relu')] * 2,
        plain(80, 2, 6, activation),
        plain(80, 1, 2.5, activation),
        *[plain(80, 1, 2.3, activation)] * 2,
        *[deep(112, 1, 6, activation)._replace(middle_kernel=3)] * 2,
        deep(160, 2, 6, activation),
        *[deep(160, 1, 6, activation)] * 2,
    )


def _small(style: _Style) -> tuple[layers.Bottleneck, ...]:
    """Return the blocks of table 2 of the paper."""
    kernel_size, activation, squeeze = style

    def deep(channels: int, stride: int, expansion: float) -> layers.Bottleneck:
        return layers.Bottleneck(channels, stride, expansion, kernel_size, 0, activation, squeeze)

    return (
        layers.Bottleneck(16, 2, 1, 3, 0, 'relu', squeeze),
        layers.Bottleneck(24, 2, 72 / 16, 3),
        layers.Bottleneck(24, 1, 88 / 24, 3),
        deep(40, 2, 4),
        *[deep(40, 1, 6)] * 2,
        *[deep(48, 1, 3)] * 2,
        deep(96, 2, 6),
        *[deep(96, 1, 6)] * 2,
    )


_VARIANTS = {
    'large': _Variant(keras.applications.MobileNetV3Large, _large, 1280),
    'small': _Variant(keras.applications.MobileNetV3Small, _small, 1024),
}


def _builder(size: str, minimalistic: bool) -> layers.Builder:
    """Return the builder of `large` or `small`, as in the paper or minimalistic."""
    name = f'mobilenet_v3_{size}' + ('_minimalistic' if minimalistic else '')
    variant = _VARIANTS[size]

    def build(settings: layers.NetworkSettings) -> keras.Model:
        """Return MobileNet V3 with random weights, from `keras.applications` unless modified."""
        image = layers.image_input(settings)
        if settings.modify:
            style = _MINIMALISTIC if minimalistic else _FULL
            features = _modified(image.scaled, variant, style, settings)
        else:
            backbone = variant.application(
                input_tensor=image.scaled,
                alpha=settings.alpha,
                minimalistic=minimalistic,
                weights=None,
                dropout_rate=0.0,
                include_preprocessing=False,
            )
            # Without its top it would lack the embedding, which the paper counts in.
            features = backbone.get_layer('logits').input
        features = keras.layers.Flatten(name='top_flatten')(features)
        return layers.classifier(image, features, settings, name)

    return build


def _modified(
    features: Any, variant: _Variant, style: _Style, settings: layers.NetworkSettings
) -> Any:
    alpha, modify = settings.alpha, settings.modify
    activation = option(modify, 'activation', style.activation)
    # alpha does not scale the stem, as in keras.applications.
    features = layers.convolution(features, _STEM, 3, 'stem', stem_stride(modify), activation)
    for number, block in enumerate(modified_blocks(variant.blocks(style), modify)):
        scaled = block._replace(channels=layers.channels_of(block.channels, alpha))
        features = layers.inverted_bottleneck(features, scaled, f'block_{number}')
    top = layers.channels_of(features.shape[-1], 6)
    features = layers.convolution(features, top, 1, 'top', activation=activation)
    features = keras.layers.GlobalAveragePooling2D(keepdims=True, name='top_pool')(features)
    embedding = layers.channels_of(variant.embedding, max(alpha, 1.0))
    features = keras.layers.Conv2D(embedding, 1, name='top_embedding')(features)
    return layers.activate(features, activation, 'top_embedding_activation')


ARCHITECTURES = {
    f'mobilenet_v3_{size}{suffix}': Architecture(_builder(size, bool(suffix)), ALL)
    for size in ('large', 'small')
    for suffix in ('', '_minimalistic')
}
