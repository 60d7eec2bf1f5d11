# SPDX-License-Identifier: Apache-2.0
"""The inverted bottleneck of MobileNet V2 and V3, and its universal form in V4."""

from typing import Any, NamedTuple

import keras

from training.networks.operations import channels_of, convolution, depthwise, squeeze_excite


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
