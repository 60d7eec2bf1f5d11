# SPDX-License-Identifier: Apache-2.0
"""Weights in the order of ONNX (output, input, height, width) and in TensorFlow's, and back."""

import numpy as np
from onnx import NodeProto

from training.export.graph import Array


def group_of(node: NodeProto) -> int:
    """Return the number of groups of a convolution."""
    return next((int(a.i) for a in node.attribute if a.name == 'group'), 1)


def to_tensorflow(weights: Array, node: NodeProto) -> Array:
    """Return (height, width, input, output), depthwise (height, width, channels, 1)."""
    if node.op_type != 'Conv':
        return weights
    return weights.transpose((2, 3, 0, 1) if group_of(node) > 1 else (2, 3, 1, 0))


def to_onnx(weights: Array, node: NodeProto) -> Array:
    """Return what `to_tensorflow` was given."""
    if node.op_type != 'Conv':
        return weights
    return np.ascontiguousarray(
        weights.transpose((2, 3, 0, 1) if group_of(node) > 1 else (3, 2, 0, 1))
    )


def channels_last(constant: Array) -> Array:
    """Return a constant of (1, channels, height, width), or that broadcasts to it, as NHWC."""
    if constant.ndim < 2:
        return constant
    padded = constant.reshape((1,) * (4 - constant.ndim) + constant.shape)
    return padded.transpose(0, 2, 3, 1)
