# SPDX-License-Identifier: Apache-2.0
"""ONNX graphs: who makes a value, who takes it, which are constants; and what is done to them.

Weights are in the order of ONNX, (output, input, height, width), or in TensorFlow's. In canonical
form the same network gives the same bytes. With a free batch, cameras can share a run.
"""

from collections import defaultdict

import numpy as np
import onnx
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

from mobilenet_perception.inference.runtimes import create_runtime
from training.data.data_set import Array
from training.errors import TrainingError

# Operators with weights, which is where the time goes; their first input is the activation.
WEIGHTED = ('Conv', 'Gemm', 'MatMul')
INPUT = 'image'
OUTPUT = 'probabilities'
# What opset 17 came with: older runtimes refuse newer ones.
_IR_VERSION = 8
_BATCH = 'batch'
_TOLERANCE = 1e-5


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
        for name in node.output:
            names.setdefault(name, f'value_{position:03d}')
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
        ir_version=_IR_VERSION,
        producer_name='mobilenet_perception',
    )
    onnx.checker.check_model(result, full_check=True)
    return result


def free_batch(model: bytes) -> bytes:
    """Return the model with a free first dimension of its input and output, called `batch`.

    The same model is returned where that is not to be had: where an operator other than a reshape
    fixes the number of images, so that two at once do not score as each alone.
    """
    freed = load(model)
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
