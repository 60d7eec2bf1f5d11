# SPDX-License-Identifier: Apache-2.0
"""MobileNet V2: Sandler et al., Inverted Residuals and Linear Bottlenecks, CVPR 2018."""

from typing import Any

import keras

from training.networks.layers import (
    Bottleneck,
    NetworkSettings,
    channels_of,
    classifier,
    convolution,
    image_input,
    inverted_bottleneck,
    pooled_features,
)
from training.networks.modifications import modified_blocks, option, stem_stride

# Table 2 of the paper: expansion, channels, repetitions, first stride.
_STEM, _TOP = 32, 1280
_BLOCKS = tuple(
    Bottleneck(channels, stride if first else 1, expansion, 3, activation='relu6')
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


def build(settings: NetworkSettings) -> keras.Model:
    """Return MobileNet V2 with random weights, from `keras.applications` unless modified."""
    image = image_input(settings)
    if settings.modify:
        features = _modified(image.scaled, settings)
    else:
        features = pooled_features(keras.applications.MobileNetV2, image.scaled, settings)
    return classifier(image, features, settings, 'mobilenet_v2')


def _modified(features: Any, settings: NetworkSettings) -> Any:
    alpha, modify = settings.alpha, settings.modify
    activation = option(modify, 'activation', 'relu6')
    stem = channels_of(_STEM, alpha)
    features = convolution(features, stem, 3, 'stem', stem_stride(modify), activation)
    for number, block in enumerate(modified_blocks(_BLOCKS, modify)):
        # Cut to a whole number first, as keras.applications does.
        scaled = block._replace(channels=channels_of(int(block.channels * alpha)))
        features = inverted_bottleneck(features, scaled, f'block_{number}')
    top = channels_of(_TOP, max(alpha, 1.0))
    features = convolution(features, top, 1, 'top', activation=activation)
    return keras.layers.GlobalAveragePooling2D(name='top_pool')(features)
