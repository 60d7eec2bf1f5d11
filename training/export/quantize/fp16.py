# SPDX-License-Identifier: Apache-2.0
"""FP16 by casts inside the graph, for runtimes that take types as they stand."""

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, helper, numpy_helper

from mobilenet_perception.tools.bundle.onnx_graph import canonical
from training.errors import TrainingError
from training.export.graph import GraphView, load

_LARGEST = float(np.finfo(np.float16).max)


def to_fp16(model: bytes) -> bytes:
    """Return the graph with half precision from the first convolution to the softmax.

    Scaling of the image, softmax and merge stay in float32, as do the input, uint8, and the
    output. Each operator's operands have one type, as strongly typed TensorRT wants it.

    Args:
        model: of `export_onnx`.

    Raises:
        TrainingError: a weight is too large for half precision, or the graph is in INT8.
    """
    graph_model = load(model)
    view = GraphView(graph_model)
    if any(node.op_type == 'QuantizeLinear' for node in view.nodes):
        raise TrainingError('this graph is in INT8: make FP16 of the one in float')
    first = view.weighted()[0].name
    halved: dict[str, str] = {}
    nodes: list[NodeProto] = []
    half = False
    for node in view.nodes:
        if node.name == first:
            half = True
            nodes.append(_cast(node.input[0], TensorProto.FLOAT16))
            node.input[0] = nodes[-1].output[0]
        if node.op_type == 'Softmax':
            half = False
            nodes.append(_cast(node.input[0], TensorProto.FLOAT))
            node.input[0] = nodes[-1].output[0]
        if half:
            for position, name in enumerate(node.input):
                if name in view.constants and view.constants[name].dtype == np.float32:
                    halved[name] = node.input[position] = f'{name}/half'
        nodes.append(node)
    for name, new in halved.items():
        value = view.constants[name]
        if np.abs(value).max(initial=0.0) > _LARGEST:
            raise TrainingError(
                f'a weight of {np.abs(value).max():.3g} is too large for half precision: keep the '
                'graph in FP32'
            )
        graph_model.graph.initializer.append(
            numpy_helper.from_array(value.astype(np.float16), new)
        )
    result = onnx.ModelProto()
    result.CopyFrom(graph_model)
    del result.graph.node[:]
    del result.graph.value_info[:]
    result.graph.node.extend(nodes)
    content: bytes = canonical(result).SerializeToString(deterministic=True)
    return content


def _cast(name: str, to: int) -> NodeProto:
    return helper.make_node('Cast', [name], [f'{name}/cast'], to=to)
