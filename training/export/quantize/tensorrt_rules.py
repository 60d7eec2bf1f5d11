# SPDX-License-Identifier: Apache-2.0
"""What TensorRT 10 and 11 ask of a graph, checked without TensorRT."""

from collections.abc import Iterator

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, TensorProto

from training.export.graph import WEIGHTED, GraphView, channel_axis, load

_OPSETS = range(13, 18)
_ACTIVATIONS = ('Clip', 'Relu', 'HardSwish', 'HardSigmoid', 'Sigmoid')


def check_tensorrt_rules(model: bytes) -> list[str]:
    """Return what TensorRT, strongly typed, would refuse or run badly: a sentence each.

    The rules: ONNX's own; opsets 13 to 17 without further domains; fixed shapes; a uint8 input
    that is cast at once; symmetric int8 with constant float32 scales; weights per channel; both
    or neither of a layer's operands quantised; no quantised bias; nothing between a convolution
    and its activation.
    """
    found = load(model)
    try:
        # Full: types must fit, so FP16 and FP32 cannot meet in one operator.
        onnx.checker.check_model(found, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        return [f"ONNX's checker refuses the graph: {str(error).strip().splitlines()[0]}."]
    view = GraphView(found)
    return [
        *_interface(found, view),
        *(sentence for node in view.nodes for sentence in _pair(node, view)),
        *(sentence for node in view.nodes for sentence in _layer(node, view)),
    ]


def _interface(model: ModelProto, view: GraphView) -> Iterator[str]:
    for entry in model.opset_import:
        if entry.domain not in ('', 'ai.onnx'):
            yield f'The domain {entry.domain} is not of ONNX.'
        elif entry.version not in _OPSETS:
            yield f'Opset {entry.version} is not among {_OPSETS.start} to {_OPSETS.stop - 1}.'
    image = model.graph.input[0]
    for value in (*model.graph.input, *model.graph.output):
        if any(not size.dim_value for size in value.type.tensor_type.shape.dim):
            yield f'The shape of {value.name} is not fixed.'
    if image.type.tensor_type.elem_type != TensorProto.UINT8:
        yield f'The input {image.name} is not uint8.'
    if any(node.op_type != 'Cast' for node in view.users[image.name]):
        yield f'The uint8 input {image.name} is not cast at once.'
    if model.graph.output[0].type.tensor_type.elem_type != TensorProto.FLOAT:
        yield f'The output {model.graph.output[0].name} is not float32.'


def _pair(node: NodeProto, view: GraphView) -> Iterator[str]:
    if node.op_type not in ('QuantizeLinear', 'DequantizeLinear'):
        return
    scale, zero_point = (view.constants.get(name) for name in (*node.input[1:], '', '')[:2])
    if scale is None or zero_point is None:
        yield f'{node.name}: scale and zero point are not constants.'
        return
    if scale.dtype != np.float32:
        yield f'{node.name}: the scale is {scale.dtype}, not float32.'
    if not (np.isfinite(scale).all() and (scale > 0).all()):
        yield f'{node.name}: a scale is not above 0.'
    if zero_point.dtype != np.int8:
        yield f'{node.name}: integers are {zero_point.dtype}, not int8.'
    if zero_point.any():
        yield f'{node.name}: the zero point is not 0.'
    if node.op_type == 'QuantizeLinear':
        if any(user.op_type != 'DequantizeLinear' for user in view.users[node.output[0]]):
            yield f'{node.name}: integers go elsewhere than to a DequantizeLinear.'
        maker = view.maker.get(node.input[0])
        if maker is not None and maker.op_type == 'Conv' and _before_activation(node, view):
            yield f'{node.name} stands between a convolution and its activation.'


def _before_activation(node: NodeProto, view: GraphView) -> bool:
    return any(
        user.op_type in _ACTIVATIONS
        for pair in view.users[node.output[0]]
        for user in view.users[pair.output[0]]
    )


def _layer(node: NodeProto, view: GraphView) -> Iterator[str]:
    if node.op_type not in WEIGHTED:
        return
    image, weights = (_dequantizer(name, view) for name in node.input[:2])
    if len(node.input) > 2 and _dequantizer(node.input[2], view) is not None:
        yield f'{node.name}: the bias is quantised.'
    if (image is None) != (weights is None):
        yield f'{node.name}: only one of input and weights is quantised.'
    if weights is None:
        return
    integers = view.constants.get(weights.input[0])
    scale = view.constants.get(weights.input[1])
    if integers is None or integers.dtype != np.int8:
        yield f'{node.name}: weights are not constant int8.'
    elif scale is not None and scale.size != integers.shape[channel_axis(node)]:
        yield f'{node.name}: weights are not quantised per output channel.'
    elif _axis(weights) != channel_axis(node):
        yield f'{node.name}: weights are quantised along the wrong axis.'


def _dequantizer(name: str, view: GraphView) -> NodeProto | None:
    maker = view.maker.get(name)
    return maker if maker is not None and maker.op_type == 'DequantizeLinear' else None


def _axis(node: NodeProto) -> int:
    return next((int(a.i) for a in node.attribute if a.name == 'axis'), 1)
