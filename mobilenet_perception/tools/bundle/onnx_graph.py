# SPDX-License-Identifier: Apache-2.0
"""ONNX graphs of classifiers: who makes a value, who takes it, what they cost; and their one form.

In canonical form the same network gives the same bytes. With a free batch, cameras can share a
run. The robot itself needs none of this, and no `onnx`.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

from mobilenet_perception.inference.runtimes import create_runtime

Array = npt.NDArray[Any]

INPUT = 'image'
OUTPUT = 'probabilities'
# What opset 17 came with: older runtimes refuse newer ones.
IR_VERSION = 8
# By the number of depthwise convolutions: architecture, and channels of the last at alpha 1.
_BY_DEPTHWISE = {
    13: ('mobilenet_v1', 1024),
    17: ('mobilenet_v2', 960),
    15: ('mobilenet_v3_large', 960),
    11: ('mobilenet_v3_small', 576),
}
_BATCH = 'batch'
_TOLERANCE = 1e-5
# Operators with weights, and which input these are.
_WEIGHTS_AT = {'Conv': 1, 'Gemm': 1, 'MatMul': 1, 'QLinearConv': 3}


class GraphView:
    """A graph with one result, to be read; it does not follow later changes of the graph.

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


def canonical(model: ModelProto) -> ModelProto:
    """Return the model with nodes in order of need and names by position.

    Drops what does not take part in the result, remarks, and imports of operator sets unused.
    """
    graph = model.graph
    nodes = _in_order_of_need(graph)
    weights = {tensor.name: tensor for tensor in graph.initializer}
    names = {graph.input[0].name: INPUT, graph.output[0].name: OUTPUT}
    kept: list[TensorProto] = []
    renamed: list[NodeProto] = []
    for position, node in enumerate(nodes):
        for name in node.input:
            if name in weights and name not in names:
                names[name] = f'weight_{len(kept):03d}'
                tensor = TensorProto()
                tensor.CopyFrom(weights[name])
                tensor.name, tensor.doc_string = names[name], ''
                kept.append(tensor)
        for number, name in enumerate(node.output):
            several = f'_{number}' if number else ''
            names.setdefault(name, f'value_{position:03d}{several}')
        copy = NodeProto()
        copy.CopyFrom(node)
        copy.ClearField('input')
        copy.ClearField('output')
        copy.input.extend(names[name] if name else '' for name in node.input)
        copy.output.extend(names[name] if name else '' for name in node.output)
        copy.name, copy.doc_string = f'{node.op_type.lower()}_{position:03d}', ''
        attributes = sorted(node.attribute, key=lambda attribute: attribute.name)
        copy.ClearField('attribute')
        copy.attribute.extend(attributes)
        renamed.append(copy)
    image = helper.make_tensor_value_info(INPUT, TensorProto.UINT8, _shape(graph.input[0]))
    scores = helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, _shape(graph.output[0]))
    domains = {node.domain for node in renamed}
    result = helper.make_model(
        helper.make_graph(renamed, 'classifier', [image], [scores], kept),
        opset_imports=[entry for entry in model.opset_import if entry.domain in domains],
        ir_version=IR_VERSION,
        producer_name='mobilenet_perception',
    )
    onnx.checker.check_model(result, full_check=True)
    return result


def free_batch(model: bytes) -> bytes:
    """Return the model with a free first dimension of its input and output, called `batch`.

    The same model is returned where that is not to be had: where an operator other than a reshape
    fixes the number of images, so that two at once do not score as each alone.
    """
    freed = onnx.load_from_string(model)
    for value in (freed.graph.input[0], freed.graph.output[0]):
        value.type.tensor_type.shape.dim[0].dim_param = _BATCH
    # Shapes inferred for one image.
    del freed.graph.value_info[:]
    _free_reshapes(freed)
    candidate: bytes = freed.SerializeToString()
    return candidate if _same_scores(model, candidate) else model


def static_shapes(model: ModelProto) -> dict[str, tuple[int, ...]]:
    """Return the shape of each value, 0 where a size is not known."""
    inferred = onnx.shape_inference.infer_shapes(model).graph
    return {
        value.name: tuple(size.dim_value for size in value.type.tensor_type.shape.dim)
        for value in (*inferred.value_info, *inferred.input)
    }


def count_parameters(model: ModelProto) -> int:
    """Return the number of weights."""
    kinds = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.INT8, TensorProto.UINT8)
    return sum(
        int(np.prod(tensor.dims))
        for tensor in model.graph.initializer
        if tensor.data_type in kinds
    )


def multiply_adds(model: ModelProto) -> int:
    """Return the multiply-adds of convolutions and matrix products for one image.

    Args:
        model: with fixed height and width; weights that are no constants count for nothing.
    """
    fixed = ModelProto()
    fixed.CopyFrom(model)
    size = fixed.graph.input[0].type.tensor_type.shape.dim[0]
    size.Clear()
    size.dim_value = 1
    del fixed.graph.value_info[:]
    shapes = static_shapes(fixed)
    weights = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    total = 0
    for node in model.graph.node:
        position = _WEIGHTS_AT.get(node.op_type)
        kernel = weights.get(_behind(model, node.input[position])) if position else None
        if kernel is None:
            continue
        places = int(np.prod(shapes.get(node.output[0], ())[2:])) if 'Conv' in node.op_type else 1
        total += int(np.prod(kernel)) * places
    return total


def depthwise_channels(model: ModelProto) -> list[int]:
    """Return how many channels each depthwise convolution has, in order."""
    groups = (
        attribute.i
        for node in model.graph.node
        if node.op_type == 'Conv'
        for attribute in node.attribute
        if attribute.name == 'group'
    )
    return [int(group) for group in groups if group > 1]


def recognise(channels: Sequence[int]) -> tuple[str, float] | None:
    """Return architecture and alpha of a MobileNet; None: it is like none of those known.

    Args:
        channels: of each depthwise convolution, in order.
    """
    if len(channels) not in _BY_DEPTHWISE:
        return None
    architecture, full = _BY_DEPTHWISE[len(channels)]
    return architecture, round(channels[-1] / full, 2)


def give_constant(model: ModelProto, node: NodeProto, position: int, value: Array) -> None:
    """Give one input of a node of the model a constant of its own."""
    name = f'{node.name}/{position}'
    kept = [tensor for tensor in model.graph.initializer if tensor.name != name]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    model.graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
    node.input[position] = name


def _in_order_of_need(graph: GraphProto) -> list[NodeProto]:
    """Return the nodes that the output depends on, depth first from it."""
    maker = {output: node for node in graph.node for output in node.output}
    ordered: list[NodeProto] = []
    done: set[str] = set()
    waiting = [(graph.output[0].name, False)]
    while waiting:
        name, inputs_done = waiting.pop()
        if name not in maker or maker[name].output[0] in done:
            continue
        node = maker[name]
        if inputs_done:
            done.add(node.output[0])
            ordered.append(node)
            continue
        waiting.append((name, True))
        waiting.extend((source, False) for source in reversed(node.input))
    return ordered


def _shape(value: onnx.ValueInfoProto) -> list[int | str]:
    """Return sizes; of a free one, its name."""
    return [
        dimension.dim_param or dimension.dim_value
        for dimension in value.type.tensor_type.shape.dim
    ]


def _free_reshapes(model: ModelProto) -> None:
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type != 'Reshape' or node.input[1] not in constants:
            continue
        shape: Array = constants[node.input[1]].copy()
        if shape.size and shape[0] == 1 and -1 not in shape:
            shape[0] = -1
            give_constant(model, node, 1, shape)


def _same_scores(one: bytes, many: bytes) -> bool:
    runtime = create_runtime()
    alone = runtime.load(one, 'model')
    size = 2, alone.height, alone.width, 3
    images = np.random.default_rng(0).integers(0, 256, size, np.uint8)
    try:
        onnx.checker.check_model(onnx.load_from_string(many), full_check=True)
        found = runtime.load(many, 'model').run_batch(images)
    except Exception:  # of the checker or the runtime: this graph takes one image
        return False
    expected = np.stack([alone.run(image) for image in images])
    return found.shape == expected.shape and bool(np.abs(found - expected).max() <= _TOLERANCE)


def _behind(model: ModelProto, name: str) -> str:
    """Return the constant that a quantised graph makes this value of; else the value itself."""
    for node in model.graph.node:
        if node.op_type == 'DequantizeLinear' and node.output[0] == name:
            return str(node.input[0])
    return name
