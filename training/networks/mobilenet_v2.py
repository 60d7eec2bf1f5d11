# SPDX-License-Identifier: Apache-2.0
"""MobileNet V2: Sandler et al., Inverted Residuals and Linear Bottlenecks, CVPR 2018."""

from typing import Any

import keras

from training.networks import layers
from training.networks.modifications import ALL, Architecture, modified_blocks, option, stem_stride

# Table 2 of the paper: expansion, channels, repetitions, first stride.
_STEM, _TOP = 32, 1280
_BLOCKS = tuple(
    layers.Bottleneck(channels, stride if first else 1, expansion, 3, activation='relu6')
    for expansion, channels, count, stride in (
        (1, 16, 1, 1),
        (6, 24, 2, 2),
        (6, 32, 3, 2),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 320, 1, 1),
    )
    for first in [True] + [False] * (count - 1)
)


def build(settings: layers.NetworkSettings) -> keras.Model:
    """Return MobileNet V2 with random weights, from `keras.applications` unless modified."""
    image = layers.image_input(settings)
    if settings.modify:
        features = _modified(image.scaled, settings)
    else:
        features = layers.pooled_features(keras.applications.MobileNetV2, image.scaled, settings)
    return layers.classifier(image, features, settings, 'mobilenet_v2')


def _modified(features: Any, settings: layers.NetworkSettings) -> Any:
    alpha, modify = settings.alpha, settings.modify
    activation = option(modify, 'activation', 'relu6')
    stem = layers.channels_of(_STEM, alpha)
    features = layers.convolution(features, stem, 3, 'stem', stem_stride(modify), activation)
    for number, block in enumerate(modified_blocks(_BLOCKS, modify)):
        # Cut to a whole number first, as keras.applications does.
        scaled = block._replace(channels=layers.channels_of(int(block.channels * alpha)))
        features = layers.inverted_bottleneck(features, scaled, f'block_{number}')
    top = layers.channels_of(_TOP, max(alpha, 1.0))
    features = layers.convolution(features, top, 1, 'top', activation=activation)
    return keras.layers.GlobalAveragePooling2D(name='top_pool')(features)


ARCHITECTURES = {'mobilenet_v2': Architecture(build, ALL)}
