# SPDX-License-Identifier: Apache-2.0
"""ONNX graphs of `export_onnx`: their weights, in the order of ONNX or of TensorFlow.

ONNX has (output, input, height, width).
"""

import numpy as np
import onnx
from onnx import ModelProto, NodeProto

from mobilenet_perception.tools.bundle import onnx_graph
from training.data.data_set import Array
from training.errors import TrainingError

# Operators with weights, which is where the time goes; their first input is the activation.
WEIGHTED = ('Conv', 'Gemm', 'MatMul')


class GraphView(onnx_graph.GraphView):
    """A graph of `export_onnx`, to be read; it does not follow later changes of the graph."""

    def weighted(self) -> list[NodeProto]:
        """Return the nodes with constant weights up to the softmax, in order.

        Raises:
            TrainingError: the graph has no single softmax, or nothing with weights before it.
        """
        softmax = [index for index, node in enumerate(self.nodes) if node.op_type == 'Softmax']
        if len(softmax) != 1:
            raise TrainingError(
                f'the graph has {len(softmax)} Softmax: quantise what `training export` gives'
            )
        found = [
            node
            for node in self.nodes[: softmax[0]]
            if node.op_type in WEIGHTED and node.input[1] in self.constants
        ]
        if not found:
            raise TrainingError('the graph has no convolution to quantise')
        return found


def load(model: bytes) -> ModelProto:
    """Read an ONNX model.

    Raises:
        TrainingError: it is none.
    """
    try:
        return onnx.load_from_string(model)
    except Exception as error:  # protobuf raises types of its own
        raise TrainingError(f'this is not an ONNX model: {error}') from error


def channel_axis(node: NodeProto) -> int:
    """Return the axis of a node's weights that counts its output channels."""
    if node.op_type == 'Conv' or any(a.name == 'transB' and a.i for a in node.attribute):
        return 0
    return 1


def over_channels(weights: Array, node: NodeProto) -> tuple[int, ...]:
    """Return the axes of a node's weights to reduce for one value per output channel."""
    return tuple(axis for axis in range(weights.ndim) if axis != channel_axis(node))


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
