# SPDX-License-Identifier: Apache-2.0
"""Flattened features in channels-first order: the dense layer's weights change place instead."""

import numpy as np
import onnx
from onnx import NodeProto, numpy_helper

_TO_CHANNELS_LAST = [0, 2, 3, 1]


def flattened_in_place(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return the model with each Transpose, Reshape, dense layer in a row without the first.

    Keras flattens channels last, and ONNX has them first: where nothing but a dense layer follows,
    the rows of its weights can be put into the order of the features.
    """
    graph = model.graph
    maker = {output: node for node in graph.node for output in node.output}
    uses = [name for node in graph.node for name in node.input]
    inferred = onnx.shape_inference.infer_shapes(model).graph
    shapes = {
        value.name: [size.dim_value for size in value.type.tensor_type.shape.dim]
        for value in inferred.value_info
    }
    weights = {tensor.name: tensor for tensor in graph.initializer}
    for dense in graph.node:
        reshape = maker.get(dense.input[0]) if _is_dense(dense) else None
        transpose = maker.get(reshape.input[0]) if reshape is not None else None
        if reshape is None or transpose is None or not _fits(reshape, transpose):
            continue
        shape = shapes.get(transpose.input[0], [])
        alone = all(uses.count(n.output[0]) == 1 for n in (reshape, transpose))
        if len(shape) != 4 or dense.input[1] not in weights or not alone:
            continue
        _, channels, height, width = shape
        tensor = weights[dense.input[1]]
        rows = numpy_helper.to_array(tensor)
        if rows.shape[0] != channels * height * width or uses.count(tensor.name) != 1:
            continue
        order = np.arange(len(rows)).reshape(height, width, channels).transpose(2, 0, 1).ravel()
        tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(rows[order]), tensor.name))
        reshape.input[0] = transpose.input[0]
        graph.node.remove(transpose)
    return model


def _is_dense(node: NodeProto) -> bool:
    turned = any(one.name in {'transA', 'transB'} and one.i for one in node.attribute)
    return node.op_type in {'MatMul', 'Gemm'} and not turned


def _fits(reshape: NodeProto, transpose: NodeProto) -> bool:
    if reshape.op_type != 'Reshape' or transpose.op_type != 'Transpose':
        return False
    return any(list(one.ints) == _TO_CHANNELS_LAST for one in transpose.attribute)
