# SPDX-License-Identifier: Apache-2.0
"""The ONNX operators of exported classifiers in TensorFlow, NHWC, for any batch size."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
from onnx import NodeProto, helper

from training.errors import TrainingError
from training.export.layouts import group_of

Operator = Callable[..., Any]


def attributes(node: NodeProto) -> dict[str, Any]:
    """Return the attributes of a node by name."""
    return {a.name: helper.get_attribute_value(a) for a in node.attribute}


def convolve(node: NodeProto, image: Any, weights: Any, bias: Any = None) -> Any:
    """Convolve (batch, height, width, channels); weights as `to_tensorflow` orders them."""
    found = attributes(node)
    if any(size != 1 for size in found.get('dilations', (1, 1))):
        raise TrainingError(f'{node.name} is dilated, which fine-tuning for INT8 does not know')
    padded = _padded(image, found, 0.0)
    strides = [1, *found.get('strides', (1, 1)), 1]
    if group_of(node) == 1:
        result = tf.nn.conv2d(padded, weights, strides, 'VALID')
    elif weights.shape[3] == 1 and weights.shape[2] == group_of(node):
        result = tf.nn.depthwise_conv2d(padded, weights, strides, 'VALID')
    else:
        raise TrainingError(f'{node.name} is grouped, which fine-tuning for INT8 does not know')
    return result if bias is None else result + bias


def run_operator(node: NodeProto, inputs: list[Any]) -> Any:
    """Run a node without weights of its own.

    Raises:
        TrainingError: no exported classifier has such an operator.
    """
    if node.op_type not in _OPERATORS:
        raise TrainingError(
            f'{node.name}: fine-tuning for INT8 does not know the operator {node.op_type}; it '
            f'knows {", ".join(sorted(_OPERATORS))}'
        )
    return _OPERATORS[node.op_type](node, *inputs)


def _padded(image: Any, found: dict[str, Any], value: float) -> Any:
    top, left, bottom, right = found.get('pads', (0, 0, 0, 0))
    if not (top or left or bottom or right):
        return image
    return tf.pad(image, [(0, 0), (top, bottom), (left, right), (0, 0)], constant_values=value)


def _max_pool(node: NodeProto, image: Any) -> Any:
    found = attributes(node)
    padded = _padded(image, found, -np.inf)
    return tf.nn.max_pool2d(padded, found['kernel_shape'], found['strides'], 'VALID')


def _dense(node: NodeProto, features: Any, weights: Any, bias: Any = 0.0) -> Any:
    transposed = bool(attributes(node).get('transB', 0))
    return tf.matmul(features, weights, transpose_b=transposed) + bias


def _reshaped(node: NodeProto, value: Any, shape: Any) -> Any:
    if len(shape) == 2:
        return tf.reshape(value, (-1, int(np.prod(value.shape[1:]))))
    if len(shape) == 4 and len({*map(int, shape[2:]), 1}) == 1:
        return tf.reshape(value, (-1, 1, 1, int(np.prod(value.shape[1:]))))
    raise TrainingError(f'{node.name}: only reshaping to and from one pixel is known')


def _flat(node: NodeProto, value: Any, *unused: Any) -> Any:
    if value.shape[1:3] != (1, 1):
        raise TrainingError(f'{node.name}: only flattening one pixel is known')
    return tf.reshape(value, (-1, value.shape[3]))


_OPERATORS: dict[str, Operator] = {
    'Add': lambda node, a, b: a + b,
    'Cast': lambda node, a: tf.cast(a, tf.float32),
    'Clip': lambda node, a, low, high: tf.clip_by_value(a, low, high),
    'Conv': convolve,
    'Div': lambda node, a, b: a / b,
    'Flatten': _flat,
    'Gemm': _dense,
    'GlobalAveragePool': lambda node, a: tf.reduce_mean(a, (1, 2), keepdims=True),
    'MatMul': _dense,
    'MaxPool': _max_pool,
    'Mul': lambda node, a, b: a * b,
    'Relu': lambda node, a: tf.nn.relu(a),
    'Reshape': _reshaped,
    'Sigmoid': lambda node, a: tf.sigmoid(a),
    'Softmax': lambda node, a: tf.nn.softmax(a),
    'Squeeze': _flat,
    'Sub': lambda node, a, b: a - b,
    # From NHWC to NCHW, which here stays NHWC.
    'Transpose': lambda node, a: a,
}
