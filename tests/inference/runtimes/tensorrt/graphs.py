# SPDX-License-Identifier: Apache-2.0
"""Small models, and where they can be compiled."""

import platform

import onnx
import pytest
from onnx import NodeProto, TensorProto, helper

from mobilenet_perception.inference.runtimes import RuntimeSettings

RTX = RuntimeSettings(library='tensorrt_rtx')
# Set-up installs it wherever it exists, so it is not skipped for being absent.
needs_rtx = pytest.mark.skipif(
    platform.machine() != 'x86_64', reason='TensorRT-RTX exists for x86-64 alone'
)


def scoring(
    middle: NodeProto | None = None,
    cast_to: int = TensorProto.FLOAT,
    constants: tuple[TensorProto, ...] = (),
    batch: int | str = 'batch',
) -> bytes:
    """Return a model that scores the mean of each channel, `middle` making `levels` of `mean`."""
    nodes = [
        helper.make_node('Cast', ['image'], ['cast'], 'to_number', to=cast_to),
        helper.make_node('ReduceMean', ['cast'], ['mean'], 'average', axes=[1, 2], keepdims=0),
        middle or helper.make_node('Identity', ['mean'], ['levels'], 'same'),
        helper.make_node('Softmax', ['levels'], ['soft'], 'soft'),
        helper.make_node('Cast', ['soft'], ['probabilities'], 'back', to=TensorProto.FLOAT),
    ]
    graph = helper.make_graph(
        nodes,
        'scoring',
        [helper.make_tensor_value_info('image', TensorProto.UINT8, [batch, 8, 8, 3])],
        [helper.make_tensor_value_info('probabilities', TensorProto.FLOAT, [batch, 3])],
        list(constants),
    )
    opsets = [helper.make_opsetid('', 17), helper.make_opsetid('made.up', 1)]
    model: onnx.ModelProto = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    content: bytes = model.SerializeToString()
    return content
