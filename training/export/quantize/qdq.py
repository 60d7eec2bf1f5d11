# SPDX-License-Identifier: Apache-2.0
"""Explicit Q/DQ: which values of a graph become bytes, and the nodes that make them so.

What TensorRT 10 and 11 ask of a graph, checked without TensorRT.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from training.data.data_set import Array
from training.errors import TrainingError
from training.export.graph import WEIGHTED, GraphView, canonical, channel_axis, load, over_channels
from training.export.quantize import schemes


class Point(NamedTuple):
    """An input of a node that is quantised: node, position among its inputs, value."""

    node: NodeProto
    position: int
    value: str


def insert_qdq(
    model: ModelProto,
    scheme: schemes.Scheme,
    ranges: Mapping[str, schemes.Range],
    keep_float: Collection[str] = (),
    between: bool = True,
) -> ModelProto:
    """Return a copy of a model with bytes where the scheme wants them; biases stay float32.

    Args:
        model: of `export_onnx`.
        scheme: of the runtime that will execute it.
        ranges: by value, of everything that `quantization_points` names.
        keep_float: names of nodes with weights that stay in float.
        between: whether sums and average pooling are quantised too.
    """
    result = ModelProto()
    result.CopyFrom(model)
    view = GraphView(result)
    writer = _Writer(result, scheme)
    points = quantization_points(view, scheme, keep_float, between)
    quantized = {node.name for node in view.weighted()} - set(keep_float)
    for node in result.graph.node:
        if node.name in quantized:
            node.input[1] = writer.weights(node, view.constants[node.input[1]])
    for point in points:
        point.node.input[point.position] = writer.activation(point, ranges[point.value])
    result.graph.node.extend(writer.nodes)
    result.graph.initializer.extend(writer.constants)
    return canonical(result)


def quantization_points(
    view: GraphView, scheme: schemes.Scheme, keep_float: Collection[str] = (), between: bool = True
) -> list[Point]:
    """Return the quantised inputs.

    Those are the inputs of convolutions and dense layers, of average pooling, and of sums of two
    branches. Nothing is put between a convolution and its activation, nor after the last layer.

    Args:
        view: the graph.
        scheme: of the runtime that will execute it.
        keep_float: names of nodes with weights that stay in float.
        between: whether sums and average pooling are quantised too.

    Raises:
        TrainingError: a name is not one of a node with weights.
    """
    weighted = view.weighted()
    known = {node.name for node in weighted}
    if unknown := sorted(set(keep_float) - known):
        raise TrainingError(
            f'no layer {", ".join(unknown)} to keep in float: choose among '
            f'{", ".join(node.name for node in weighted)}'
        )
    quantized = {node.name for node in weighted} - set(keep_float)
    points = []
    for node in view.nodes:
        if node.name in quantized or (between and node.op_type == 'GlobalAveragePool'):
            points.append(Point(node, 0, node.input[0]))
        elif (
            between
            and node.op_type == 'Add'
            and not any(name in view.constants for name in node.input)
        ):
            points.extend(_of_sum(view, node, scheme, keep_float))
    return points


def _of_sum(
    view: GraphView, node: NodeProto, scheme: schemes.Scheme, keep_float: Collection[str]
) -> list[Point]:
    found = [Point(node, position, name) for position, name in enumerate(node.input)]
    if scheme.all_outputs:
        return found
    # One branch may come straight from its convolution, which then adds the other itself.
    for point in reversed(found):
        maker = view.maker[point.value]
        if (
            maker.op_type == 'Conv'
            and maker.name not in keep_float
            and len(view.users[point.value]) == 1
        ):
            found.remove(point)
            break
    return found


class _Writer:
    """Collects the new nodes and constants; a value that several nodes take is quantised once."""

    def __init__(self, model: ModelProto, scheme: schemes.Scheme) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._scheme = scheme
        self._done: dict[str, str] = {}

    def activation(self, point: Point, found: schemes.Range) -> str:
        """Return the name of the value after quantising and back."""
        if point.value not in self._done:
            quantizer = schemes.activation_quantizer(self._scheme, found)
            self._done[point.value] = self._pair(point.value, quantizer)
        return self._done[point.value]

    def weights(self, node: NodeProto, value: Array) -> str:
        """Return the name of the dequantised weights."""
        axis = channel_axis(node)
        scales = schemes.weight_scales(value, over_channels(value, node), self._scheme)
        name = f'{node.name}/weights'
        integers = schemes.quantized_weights(value, scales, axis, self._scheme)
        zeros = np.zeros(scales.shape, np.int8)
        inputs = [
            self._constant(f'{name}/integers', integers),
            self._constant(f'{name}/scales', scales),
            self._constant(f'{name}/zero_points', zeros),
        ]
        self.nodes.append(helper.make_node('DequantizeLinear', inputs, [name], axis=axis))
        return name

    def _pair(self, value: str, quantizer: schemes.Quantizer) -> str:
        kind = np.int8 if self._scheme.signed else np.uint8
        parameters = [
            self._constant(f'{value}/scale', np.float32(quantizer.scale)),
            self._constant(f'{value}/zero_point', kind(quantizer.zero_point)),
        ]
        integers, real = f'{value}/integers', f'{value}/dequantized'
        self.nodes += [
            helper.make_node('QuantizeLinear', [value, *parameters], [integers]),
            helper.make_node('DequantizeLinear', [integers, *parameters], [real]),
        ]
        return real

    def _constant(self, name: str, value: Array | np.generic) -> str:
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name


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
