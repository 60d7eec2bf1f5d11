# SPDX-License-Identifier: Apache-2.0
"""MobileNet V1: Howard et al., MobileNets, arXiv 1704.04861."""

from typing import Any, NamedTuple

import keras

from training.networks import layers
from training.networks.modifications import ALL, Architecture, modified_blocks, option, stem_stride


class Separable(NamedTuple):
    """A depthwise convolution with the stride, then a pointwise one to `channels`."""

    channels: int
    stride: int


# Table 1 of the paper, after its first convolution.
_STEM = 32
_BLOCKS = (
    Separable(64, 1),
    Separable(128, 2),
    Separable(128, 1),
    Separable(256, 2),
    Separable(256, 1),
    Separable(512, 2),
    *[Separable(512, 1)] * 5,
    Separable(1024, 2),
    Separable(1024, 1),
)


def build(settings: layers.NetworkSettings) -> keras.Model:
    """Return MobileNet V1 with random weights, from `keras.applications` unless modified."""
    image = layers.image_input(settings)
    if settings.modify:
        features = _modified(image.scaled, settings)
    else:
        features = layers.pooled_features(keras.applications.MobileNet, image.scaled, settings)
    return layers.classifier(image, features, settings, 'mobilenet_v1')


def _modified(features: Any, settings: layers.NetworkSettings) -> Any:
    modify = settings.modify
    activation = option(modify, 'activation', 'relu6')
    kernel_size = option(modify, 'kernel_size', 3)
    # V1 does not round to a multiple of 8.
    stem = int(_STEM * settings.alpha)
    features = layers.convolution(features, stem, 3, 'stem', stem_stride(modify), activation)
    for number, block in enumerate(modified_blocks(_BLOCKS, modify), start=1):
        name = f'block_{number}'
        features = layers.depthwise(
            features, kernel_size, f'{name}_depthwise', block.stride, activation
        )
        if option(modify, 'squeeze_excitation', False):
            features = layers.squeeze_excite(features, layers.SQUEEZE_RATIO, f'{name}_squeeze')
        channels = int(block.channels * settings.alpha)
        features = layers.convolution(
            features, channels, 1, f'{name}_pointwise', activation=activation
        )
    return keras.layers.GlobalAveragePooling2D(name='pool')(features)


ARCHITECTURES = {
    'mobilenet_v1': Architecture(build, tuple(name for name in ALL if name != 'expansion'))
}
