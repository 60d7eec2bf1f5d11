# SPDX-License-Identifier: Apache-2.0
"""Write explicit QuantizeLinear and DequantizeLinear nodes into a graph."""

from collections.abc import Collection, Mapping

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, helper, numpy_helper

from training.export.canonical import canonical
from training.export.graph import Array, GraphView, channel_axis, over_channels
from training.export.quantize.points import Point, quantization_points
from training.export.quantize.scheme import (
    Quantizer,
    Range,
    Scheme,
    activation_quantizer,
    quantized_weights,
    weight_scales,
)


def insert_qdq(
    model: ModelProto,
    scheme: Scheme,
    ranges: Mapping[str, Range],
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


class _Writer:
    """Collects the new nodes and constants; a value that several nodes take is quantised once."""

    def __init__(self, model: ModelProto, scheme: Scheme) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._scheme = scheme
        self._done: dict[str, str] = {}

    def activation(self, point: Point, found: Range) -> str:
        """Return the name of the value after quantising and back."""
        if point.value not in self._done:
            quantizer = activation_quantizer(self._scheme, found)
            self._done[point.value] = self._pair(point.value, quantizer)
        return self._done[point.value]

    def weights(self, node: NodeProto, value: Array) -> str:
        """Return the name of the dequantised weights."""
        axis = channel_axis(node)
        scales = weight_scales(value, over_channels(value, node), self._scheme)
        name = f'{node.name}/weights'
        integers = quantized_weights(value, scales, axis, self._scheme)
        zeros = np.zeros(scales.shape, np.int8)
        inputs = [
            self._constant(f'{name}/integers', integers),
            self._constant(f'{name}/scales', scales),
            self._constant(f'{name}/zero_points', zeros),
        ]
        self.nodes.append(helper.make_node('DequantizeLinear', inputs, [name], axis=axis))
        return name

    def _pair(self, value: str, quantizer: Quantizer) -> str:
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
