# SPDX-License-Identifier: Apache-2.0
"""What MobileNets are made of: scaled image, convolutions, inverted bottlenecks, classifier.

Also what an architecture may vary, and the one signature of those who build it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import keras

# Of the squeezed to the expanded channels, in V3 and where a modification adds it.
SQUEEZE_RATIO = 0.25


class NetworkSettings(NamedTuple):
    """What an architecture may vary.

    A height or width of None takes images of any size; the network equals that of a fixed size
    where sides are multiples of 32 (`keras.applications` pads odd sizes otherwise).

    Attributes:
        height: rows of the input, in pixels; None: any.
        width: columns of the input, in pixels; None: any.
        alpha: width multiplier, above 0: scales the number of channels.
        classes: number of outputs.
        dropout: share of features dropped before the last layer in training, 0 to below 1.
        modify: changes of the architecture by name, as `MODIFICATIONS` lists for each.
    """

    height: int | None
    width: int | None
    alpha: float
    classes: int
    dropout: float
    modify: Mapping[str, int | float | bool | str] = {}


Builder = Callable[[NetworkSettings], keras.Model]


class Image(NamedTuple):
    """The input layer's tensor, and what the network goes on with."""

    raw: Any
    scaled: Any


class Bottleneck(NamedTuple):
    """An inverted bottleneck; a kernel of 0 leaves that depthwise convolution out.

    Attributes:
        channels: of its output.
        stride: 1 or 2.
        expansion: inner channels as a multiple of the input's; 1: no expansion.
        middle_kernel: side of the depthwise convolution between expansion and projection.
        start_kernel: side of the one before the expansion, in V4 (extra depthwise, ConvNext).
        activation: within the block; its output has none.
        squeeze: ratio of squeeze-excitation before the projection; 0: none.
    """

    channels: int
    stride: int
    expansion: float
    middle_kernel: int
    start_kernel: int = 0
    activation: str = 'relu'
    squeeze: float = 0.0


def image_input(
    settings: NetworkSettings,
    scale: float | Sequence[float] = 1 / 127.5,
    offset: float | Sequence[float] = -1.0,
) -> Image:
    """Return the layer `image` and its scaled values.

    Args:
        settings: gives height and width.
        scale: multiplies each value; one number, or one per channel.
        offset: is added after that. The defaults map 0 to 255 to -1 to 1.

    Returns:
        Tensors (batch, height, width, 3) of RGB; the raw one in 0 to 255.
    """
    raw = keras.Input((settings.height, settings.width, 3), name='image')
    return Image(raw, keras.layers.Rescaling(scale, offset=offset, name='scale')(raw))


def classifier(image: Image, features: Any, settings: NetworkSettings, name: str) -> keras.Model:
    """Return the network that ends in dropout and the dense layer `logits`.

    Args:
        image: of `image_input`.
        features: tensor (batch, channels) that comes from it.
        settings: gives dropout and the number of classes.
        name: of the network.
    """
    dropped = keras.layers.Dropout(settings.dropout, name='dropout')(features)
    logits = keras.layers.Dense(settings.classes, name='logits')(dropped)
    return keras.Model(image.raw, logits, name=name)


def pooled_features(
    application: Callable[..., keras.Model], features: Any, settings: NetworkSettings
) -> Any:
    """Return the averaged features of a MobileNet of `keras.applications`, random weights."""
    return application(
        input_tensor=features,
        alpha=settings.alpha,
        include_top=False,
        pooling='avg',
        weights=None,
    ).output


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


def inverted_bottleneck(features: Any, block: Bottleneck, name: str) -> Any:
    """Return `features` after an inverted bottleneck, with a residual where shapes allow.

    Sandler et al., CVPR 2018, section 3.3; with a start kernel: Qin et al., ECCV 2024, section 4.
    """
    channels = features.shape[-1]
    inner = features
    if block.start_kernel:
        # The middle one takes the stride where there is one, as in the authors' code.
        stride = 1 if block.middle_kernel else block.stride
        inner = depthwise(inner, block.start_kernel, f'{name}_start', stride)
    if block.expansion != 1:
        inner = convolution(
            inner,
            channels_of(channels, block.expansion),
            1,
            f'{name}_expand',
            activation=block.activation,
        )
    if block.middle_kernel:
        inner = depthwise(
            inner, block.middle_kernel, f'{name}_depthwise', block.stride, block.activation
        )
    if block.squeeze:
        inner = squeeze_excite(inner, block.squeeze, f'{name}_squeeze')
    inner = convolution(inner, block.channels, 1, f'{name}_project')
    if block.stride == 1 and channels == block.channels:
        inner = keras.layers.Add(name=f'{name}_add')([features, inner])
    return inner


def _normalized(features: Any, activation: str | None, name: str) -> Any:
    normalized = keras.layers.BatchNormalization(name=f'{name}_norm')(features)
    if activation is None:
        return normalized
    return activate(normalized, activation, f'{name}_activation')
