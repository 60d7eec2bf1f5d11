# SPDX-License-Identifier: Apache-2.0
"""A small network of two separable convolutions, as in the first experiments."""

import keras

from training.architectures.ends import classifier, image_input
from training.architectures.settings import NetworkSettings


def build(settings: NetworkSettings) -> keras.Model:
    """Return two separable convolutions of 32 and 64 channels at alpha 1, with random weights."""
    features = image_input(settings)
    for channels in (32, 64):
        convolution = keras.layers.SeparableConv2D(
            max(8, round(channels * settings.alpha)), 3, padding='same', use_bias=False
        )
        features = keras.layers.BatchNormalization()(convolution(features))
        features = keras.layers.MaxPooling2D(2)(keras.layers.ReLU(6.0)(features))
    features = keras.layers.GlobalAveragePooling2D()(features)
    return classifier(features, settings, 'separable_cnn')
