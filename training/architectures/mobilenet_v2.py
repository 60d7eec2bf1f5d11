# SPDX-License-Identifier: Apache-2.0
"""MobileNet V2: Sandler et al., Inverted Residuals and Linear Bottlenecks, CVPR 2018."""

import keras

# Keras' 0.999 remembers a thousand steps: too long for a training of a few thousand.
_BATCH_NORM_MOMENTUM = 0.98


def build(
    height: int | None, width: int | None, alpha: float, classes: int, dropout: float
) -> keras.Model:
    """Return MobileNet V2 with random weights, from `keras.applications`.

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
    scaled = keras.layers.Rescaling(1 / 127.5, offset=-1.0, name='scale')(image)
    backbone = keras.applications.MobileNetV2(
        input_tensor=scaled, alpha=alpha, include_top=False, pooling='avg', weights=None
    )
    for layer in backbone.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = _BATCH_NORM_MOMENTUM
    features = keras.layers.Dropout(dropout, name='dropout')(backbone.output)
    logits = keras.layers.Dense(classes, name='logits')(features)
    return keras.Model(image, logits, name='mobilenet_v2')
