# SPDX-License-Identifier: Apache-2.0
"""What MobileNets are made of: convolutions with batch norm, activations, squeeze and excite."""

from typing import Any

import keras

# Of the squeezed to the expanded channels, in V3 and where a modification adds it.
SQUEEZE_RATIO = 0.25


def channels_of(channels: float, alpha: float = 1.0) -> int:
    """Return `channels` times `alpha`, rounded to a multiple of 8 but by at most 10 % down.

    The rule of the authors' code for MobileNet V2 to V4.
    """
    wanted = channels * alpha
    rounded = max(8, int(wanted + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * wanted else rounded


def activate(features: Any, activation: str, name: str) -> Any:
    """Return `features` after an activation by Keras' name; `relu6` is ReLU capped at 6."""
    if activation == 'relu6':
        return keras.layers.ReLU(6.0, name=name)(features)
    return keras.layers.Activation(activation, name=name)(features)


def convolution(
    features: Any,
    channels: int,
    kernel_size: int,
    name: str,
    stride: int = 1,
    activation: str | None = None,
) -> Any:
    """Return a convolution, its batch norm and, where one is given, its activation."""
    convolved = keras.layers.Conv2D(
        channels, kernel_size, strides=stride, padding='same', use_bias=False, name=name
    )(features)
    return _normalized(convolved, activation, name)


def depthwise(
    features: Any, kernel_size: int, name: str, stride: int = 1, activation: str | None = None
) -> Any:
    """Return a depthwise convolution, its batch norm and, where one is given, its activation."""
    convolved = keras.layers.DepthwiseConv2D(
        kernel_size, strides=stride, padding='same', use_bias=False, name=name
    )(features)
    return _normalized(convolved, activation, name)


def squeeze_excite(features: Any, ratio: float, name: str) -> Any:
    """Return `features` with each channel weighted by what the whole image shows.

    Hu et al., CVPR 2018, with the hard sigmoid of MobileNet V3 (Howard et al., ICCV 2019).
    """
    channels = features.shape[-1]
    pooled = keras.layers.GlobalAveragePooling2D(keepdims=True, name=f'{name}_pool')(features)
    squeezed = keras.layers.Conv2D(
        channels_of(channels, ratio), 1, activation='relu', name=f'{name}_reduce'
    )(pooled)
    weights = keras.layers.Conv2D(channels, 1, activation='hard_sigmoid', name=f'{name}_expand')(
        squeezed
    )
    return keras.layers.Multiply(name=f'{name}_multiply')([features, weights])


def _normalized(features: Any, activation: str | None, name: str) -> Any:
    normalized = keras.layers.BatchNormalization(name=f'{name}_norm')(features)
    if activation is None:
        return normalized
    return activate(normalized, activation, f'{name}_activation')
