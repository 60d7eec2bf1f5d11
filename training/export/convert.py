# SPDX-License-Identifier: Apache-2.0
"""Keras to ONNX: the graph of a bundle, uint8 in, calibrated probabilities out.

Batch norms, paddings and constants are folded into convolutions; flattened features stay in
channels-first order, and the dense layer's weights change place instead.
"""

import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
import tensorflow as tf
import tf2onnx
from onnx import NodeProto, numpy_helper
from onnxruntime.quantization.shape_inference import quant_pre_process

from mobilenet_perception.tools.bundle.onnx_graph import canonical, static_shapes
from training.data.data_set import Merge
from training.errors import TrainingError
from training.export.graph import GraphView, channel_axis

# From 18 on, tf2onnx writes average pooling as ReduceMean and a second Transpose appears.
OPSET = 17
_ELEMENTWISE = ('Add', 'AddV2', 'Mul', 'Sub', 'RealDiv', 'Maximum', 'Minimum')
_TO_CHANNELS_LAST = [0, 2, 3, 1]


def export_onnx(network: keras.Model, temperature: float, merge: Merge | None = None) -> bytes:
    """Return an ONNX model with everything but crop and resize inside.

    Args:
        network: from (batch, height, width, 3) RGB, 0 to 255, to (batch, outputs) logits.
        temperature: what logits are divided by before the softmax, above 0.
        merge: (outputs, labels) float32, 1 where an output belongs to a label, else 0: the
            probabilities of the outputs that share a label are added up. None: outputs are labels.

    Returns:
        A model of opset 17 from `image`, (1, height, width, 3) uint8 RGB, to
        `probabilities`, (1, labels) float32. The same weights give the same bytes.

    Raises:
        TrainingError: the temperature is not above 0, the merge does not fit the network, or the
            graph keeps batch norms or more than one change of layout.
    """
    height, width = network.input_shape[1:3]
    _check(temperature, merge, network)

    def serve(image: Any) -> Any:
        logits = network(tf.cast(image, tf.float32), training=False)
        scores = tf.nn.softmax(logits / temperature)
        return scores if merge is None else tf.matmul(scores, tf.constant(merge, tf.float32))

    signature = [tf.TensorSpec((1, height, width, 3), tf.uint8, name='image')]
    model, _ = tf2onnx.convert.from_function(
        tf.function(serve, input_signature=signature),
        input_signature=signature,
        opset=OPSET,
        custom_rewriter=[give_constants_a_rank],
    )
    result = canonical(flattened_in_place(folded(model)))
    operators = [node.op_type for node in result.graph.node]
    if operators.count('Transpose') > 1 or 'BatchNormalization' in operators:
        raise TrainingError(
            f'{network.name} cannot be exported well: {operators.count("Transpose")} transposes '
            f'and {operators.count("BatchNormalization")} batch norms stay in the graph: build it '
            'of layers of Keras in channels-last order, each batch norm right after a convolution'
        )
    content: bytes = result.SerializeToString(deterministic=True)
    return content


def folded(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return an equivalent model without batch norms and paddings beside convolutions."""
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / 'before.onnx', Path(folder) / 'after.onnx'
        onnx.save(model, str(before))
        quant_pre_process(str(before), str(after), skip_symbolic_shape=True)
        return _without_idle_reshapes(onnx.load(str(after)))


def flattened_in_place(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return the model with each Transpose, Reshape, dense layer in a row without the first.

    Keras flattens channels last, and ONNX has them first: where nothing but a dense layer follows,
    the rows of its weights can be put into the order of the features.
    """
    graph, view, shapes = model.graph, GraphView(model), static_shapes(model)
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    for dense in view.nodes:
        reshape = view.maker.get(dense.input[0]) if _is_dense(dense) else None
        transpose = view.maker.get(reshape.input[0]) if reshape is not None else None
        if reshape is None or transpose is None or not _fits(reshape, transpose):
            continue
        shape, weights = shapes.get(transpose.input[0], ()), dense.input[1]
        only = (*reshape.output, *transpose.output, weights)
        if len(shape) != 4 or weights not in tensors or any(len(view.users[n]) > 1 for n in only):
            continue
        _, channels, height, width = shape
        rows = view.constants[weights]
        if rows.shape[0] != channels * height * width:
            continue
        order = np.arange(len(rows)).reshape(height, width, channels).transpose(2, 0, 1).ravel()
        ordered = np.ascontiguousarray(rows[order])
        tensors[weights].CopyFrom(numpy_helper.from_array(ordered, weights))
        reshape.input[0] = transpose.input[0]
        graph.node.remove(transpose)
    return model


def give_constants_a_rank(graph: Any, nodes: list[Any]) -> list[Any]:
    """Make constants without dimensions, such as the 3 of x + 3, vectors of one.

    tf2onnx 1.17 takes a constant added to a convolution for its bias, fails on one without
    dimensions, and then leaves all transposes of the graph where they are. To be given as
    `custom_rewriter`; the arguments are tf2onnx's own.
    """
    for node in nodes:
        if node.type not in _ELEMENTWISE:
            continue
        for constant in node.inputs:
            if constant.is_const():
                value = constant.get_tensor_value(as_list=False)
                if np.ndim(value) == 0:
                    constant.set_tensor_value(np.reshape(value, 1))
    return list(graph.get_nodes())


def _check(temperature: float, merge: Merge | None, network: keras.Model) -> None:
    outputs = network.output_shape[-1]
    if not temperature > 0 or not np.isfinite(temperature):
        raise TrainingError(f'the temperature is {temperature}: it must be a number above 0')
    if merge is None:
        return
    if merge.ndim != 2 or merge.shape[0] != outputs:
        raise TrainingError(
            f'the merge is of shape {merge.shape}, and {network.name} has {outputs} outputs: '
            'give one row for each output and one column for each label'
        )
    if not np.isin(merge, (0, 1)).all() or not (merge.sum(axis=1) == 1).all():
        raise TrainingError('each row of the merge must hold one 1, at its label, and 0 elsewhere')


def _without_idle_reshapes(model: onnx.ModelProto) -> onnx.ModelProto:
    """Drop reshapes to the same shape, which tf2onnx leaves where an image is one pixel."""
    shape = static_shapes(model)
    source: dict[str, str] = {}
    kept = []
    for node in model.graph.node:
        for position, name in enumerate(node.input):
            node.input[position] = source.get(name, name)
        before, after = shape.get(node.input[0]), shape.get(node.output[0])
        if node.op_type == 'Reshape' and before == after and before and all(before):
            source[node.output[0]] = node.input[0]
        else:
            kept.append(node)
    del model.graph.node[:]
    model.graph.node.extend(kept)
    return model


def _is_dense(node: NodeProto) -> bool:
    turned = any(one.name == 'transA' and one.i for one in node.attribute)
    return node.op_type in {'MatMul', 'Gemm'} and not turned and channel_axis(node) == 1


def _fits(reshape: NodeProto, transpose: NodeProto) -> bool:
    if reshape.op_type != 'Reshape' or transpose.op_type != 'Transpose':
        return False
    return any(list(one.ints) == _TO_CHANNELS_LAST for one in transpose.attribute)
