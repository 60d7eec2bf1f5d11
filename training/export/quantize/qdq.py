# SPDX-License-Identifier: Apache-2.0
"""Explicit Q/DQ: which values of a graph become bytes, and the nodes that make them so."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, helper, numpy_helper

from mobilenet_perception.tools.bundle.onnx_graph import canonical
from training.data.data_set import Array
from training.errors import TrainingError
from training.export.graph import GraphView, channel_axis, over_channels
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
