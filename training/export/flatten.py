# SPDX-License-Identifier: Apache-2.0
"""Flattened features in channels-first order: the dense layer's weights change place instead."""

import numpy as np
import onnx
from onnx import NodeProto, numpy_helper

from training.export.graph import GraphView, channel_axis, static_shapes

_TO_CHANNELS_LAST = [0, 2, 3, 1]


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


def _is_dense(node: NodeProto) -> bool:
    turned = any(one.name == 'transA' and one.i for one in node.attribute)
    return node.op_type in {'MatMul', 'Gemm'} and not turned and channel_axis(node) == 1


def _fits(reshape: NodeProto, transpose: NodeProto) -> bool:
    if reshape.op_type != 'Reshape' or transpose.op_type != 'Transpose':
        return False
    return any(list(one.ints) == _TO_CHANNELS_LAST for one in transpose.attribute)
