# SPDX-License-Identifier: Apache-2.0
"""A small network of two separable convolutions, as in the first experiments."""

import keras


def build(
    height: int | None, width: int | None, alpha: float, classes: int, dropout: float
) -> keras.Model:
    """Return two separable convolutions of 32 and 64 channels at alpha 1, with random weights.

    Args:
        height: rows of the input, in pixels; None: any.
        width: columns of the input, in pixels; None: any.
        alpha: width multiplier.
        classes: number of outputs.
        dropout: share of features dropped before the last layer in training, 0 to 1.

    Returns:
        A model from (batch, height, width, 3) RGB, 0 to 255, to (batch, classes) logits.
    """
    image = keras.Input((height, width, 3), name='image')
    features = keras.layers.Rescaling(1 / 127.5, offset=-1.0, name='scale')(image)
    for channels in (32, 64):
        convolution = keras.layers.SeparableConv2D(
            max(8, round(channels * alpha)), 3, padding='same', use_bias=False
        )
        features = keras.layers.BatchNormalization(momentum=0.9)(convolution(features))
        features = keras.layers.MaxPooling2D(2)(keras.layers.ReLU(6.0)(features))
    features = keras.layers.GlobalAveragePooling2D()(features)
    features = keras.layers.Dropout(dropout, name='dropout')(features)
    logits = keras.layers.Dense(classes, name='logits')(features)
    return keras.Model(image, logits, name='separable_cnn')
