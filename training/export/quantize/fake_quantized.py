# SPDX-License-Identifier: Apache-2.0
"""An exported graph as a Keras model that feels, while it learns, what 8 bits will do to it.

Jacob et al.: Quantization and training of neural networks for efficient integer-arithmetic-only
inference. CVPR 2018, section 3.
"""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from onnx import ModelProto, NodeProto

from training.export.graph import GraphView, channel_axis, give_constant
from training.export.layouts import channels_last, group_of, to_onnx, to_tensorflow
from training.export.quantize.operators import run_operator
from training.export.quantize.points import quantization_points
from training.export.quantize.scheme import Range, Scheme


class FakeQuantized(keras.Model):  # type: ignore[misc]
    """The graph up to and with its softmax, batch norms folded, for batches of any size.

    With a scheme, weights and activations pass through the integers that the graph will have,
    and gradients pass by them (straight-through); without one, all is float.
    """

    def __init__(
        self,
        model: ModelProto,
        scheme: Scheme | None = None,
        ranges: Mapping[str, Range] | None = None,
        keep_float: tuple[str, ...] = (),
    ) -> None:
        """Take the weights of a model; `ranges` as for `insert_qdq`."""
        super().__init__()
        self._view = GraphView(model)
        self._scheme = scheme
        self._ranges = dict(ranges or {})
        weighted = self._view.weighted()
        self._fake = {node.name for node in weighted} - set(keep_float) if scheme else set()
        self._points = (
            {
                (point.node.name, point.position): point.value
                for point in quantization_points(self._view, scheme, keep_float)
            }
            if scheme
            else {}
        )
        self._learned: dict[str, list[Any]] = {}
        for node in weighted:
            values = [self._view.constants[name] for name in node.input[1:]]
            values[0] = to_tensorflow(values[0], node)
            self._learned[node.name] = [
                self.add_weight(
                    shape=value.shape,
                    initializer=keras.initializers.Constant(value),
                    name=f'{node.name}_{position}',
                )
                for position, value in enumerate(values)
            ]

    def call(self, images: Any) -> Any:
        """Return (batch, outputs) probabilities of (batch, height, width, 3) RGB, 0 to 255."""
        values: dict[str, Any] = {'image': images}
        in_layout: set[str] = set()
        for node in self._view.nodes:
            inputs = [self._input(node, position, values, in_layout) for position in _used(node)]
            values[node.output[0]] = run_operator(node, inputs)
            if node.op_type == 'Transpose' or in_layout.intersection(node.input):
                in_layout.add(node.output[0])
            if node.op_type == 'Softmax':
                return values[node.output[0]]
        raise AssertionError('weighted() found a softmax')

    def learned(self, model: ModelProto) -> ModelProto:
        """Return a copy of the model with the weights as they are now."""
        result = ModelProto()
        result.CopyFrom(model)
        for node in result.graph.node:
            for position, variable in enumerate(self._learned.get(node.name, [])):
                value = np.asarray(variable.value)
                restored = to_onnx(value, node) if position == 0 else value
                give_constant(result, node, position + 1, restored)
        return result

    def _input(
        self, node: NodeProto, position: int, values: dict[str, Any], in_layout: set[str]
    ) -> Any:
        if node.name in self._learned and position > 0:
            value = self._learned[node.name][position - 1]
            fake = position == 1 and node.name in self._fake
            return self._fake_weights(node, value) if fake else value
        name = node.input[position]
        if name in self._view.constants:
            constant = self._view.constants[name]
            return channels_last(constant) if in_layout.intersection(node.input) else constant
        point = self._points.get((node.name, position))
        return values[name] if point is None else self._fake_activation(values[name], point)

    def _fake_activation(self, value: Any, name: str) -> Any:
        assert self._scheme is not None
        low, high = self._ranges[name]
        if self._scheme.signed:
            low, high = -max(abs(low), abs(high)), max(abs(low), abs(high))
        return tf.quantization.fake_quant_with_min_max_args(
            value, min(low, 0.0), max(high, 1e-6), narrow_range=self._scheme.signed
        )

    def _fake_weights(self, node: NodeProto, weights: Any) -> Any:
        assert self._scheme is not None
        # TensorFlow quantises along the last axis.
        swap = node.op_type == 'Conv' and group_of(node) > 1
        swap = swap or (node.op_type != 'Conv' and channel_axis(node) == 0)
        order = [*range(len(weights.shape) - 2), len(weights.shape) - 1, len(weights.shape) - 2]
        last = tf.transpose(weights, order) if swap else tf.convert_to_tensor(weights)
        most = tf.stop_gradient(
            tf.maximum(tf.reduce_max(tf.abs(last), axis=list(range(len(order) - 1))), 1e-6)
        )
        fake = tf.quantization.fake_quant_with_min_max_vars_per_channel(
            last, -most, most, num_bits=self._scheme.weight_bits, narrow_range=True
        )
        return tf.transpose(fake, order) if swap else fake


def _used(node: NodeProto) -> list[int]:
    return [position for position, name in enumerate(node.input) if name]
