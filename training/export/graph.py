# SPDX-License-Identifier: Apache-2.0
"""A view of an ONNX graph: who makes a value, who takes it, and which are constants."""

from collections import defaultdict
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import ModelProto, NodeProto, numpy_helper

from training.errors import TrainingError

# Operators with weights, which is where the time goes; their first input is the activation.
WEIGHTED = ('Conv', 'Gemm', 'MatMul')

Array = npt.NDArray[Any]


class GraphView:
    """A graph of `export_onnx`, to be read; it does not follow later changes of the graph.

    Attributes:
        nodes: in order.
        maker: by value, the node it comes from.
        users: by value, the nodes that take it.
        constants: by name, the initializers.
        output: name of the result.
    """

    def __init__(self, model: ModelProto) -> None:
        graph = model.graph
        self.nodes: list[NodeProto] = list(graph.node)
        self.maker: dict[str, NodeProto] = {}
        self.users: dict[str, list[NodeProto]] = defaultdict(list)
        self.constants: dict[str, Array] = {
            tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer
        }
        self.output = graph.output[0].name
        for node in self.nodes:
            for name in node.output:
                self.maker[name] = node
            for name in node.input:
                self.users[name].append(node)

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


def static_shapes(model: ModelProto) -> dict[str, tuple[int, ...]]:
    """Return the shape of each value, 0 where a size is not known."""
    inferred = onnx.shape_inference.infer_shapes(model).graph
    return {
        value.name: tuple(size.dim_value for size in value.type.tensor_type.shape.dim)
        for value in (*inferred.value_info, *inferred.input)
    }


def channel_axis(node: NodeProto) -> int:
    """Return the axis of a node's weights that counts its output channels."""
    if node.op_type == 'Conv' or any(a.name == 'transB' and a.i for a in node.attribute):
        return 0
    return 1


def over_channels(weights: Array, node: NodeProto) -> tuple[int, ...]:
    """Return the axes of a node's weights to reduce for one value per output channel."""
    return tuple(axis for axis in range(weights.ndim) if axis != channel_axis(node))


def give_constant(model: ModelProto, node: NodeProto, position: int, value: Array) -> None:
    """Give one input of a node of the model a constant of its own."""
    name = f'{node.name}/{position}'
    kept = [tensor for tensor in model.graph.initializer if tensor.name != name]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    model.graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
    node.input[position] = name
