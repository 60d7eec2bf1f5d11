# SPDX-License-Identifier: Apache-2.0
"""TensorFlow Lite to ONNX: float32 operators that compute what the interpreter computes.

In a quantised network a value travels as its integer without the zero point, but as float32:
factors between the scales of tensors are folded into weights, and after each operator the value
is rounded and held within what its integers can express. So the scores are those of the
interpreter, where weights alone, taken for real numbers, would give others. Images are (batch,
channels, height, width), as ONNX has them, where TensorFlow Lite has channels last.

Jacob et al.: Quantization and training of neural networks for efficient integer-arithmetic-only
inference. CVPR 2018, section 2.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from mobilenet_perception.errors import BundleError
from mobilenet_perception.tools.bundle.importer.tflite.file import (
    Array,
    Network,
    Operator,
    Tensor,
)

OPSET = 17
_IR_VERSION = 8
_TO_FIRST, _TO_LAST = [0, 3, 1, 2], [0, 2, 3, 1]
_SAME = 0
_EVERYTHING = (-np.inf, np.inf)
# By number of the activation, or by the name of an operator that is one.
_LIMITS: Mapping[int | str, tuple[float, float]] = {
    0: _EVERYTHING, 1: (0.0, np.inf), 2: (-1.0, 1.0), 3: (0.0, 6.0),
    'RELU': (0.0, np.inf), 'RELU_N1_TO_1': (-1.0, 1.0), 'RELU6': (0.0, 6.0),
}  # fmt: skip
# Which field of the options names the fused activation.
_FUSED = {
    'CONV_2D': 3, 'DEPTHWISE_CONV_2D': 4, 'AVERAGE_POOL_2D': 5, 'MAX_POOL_2D': 5, 'ADD': 0,
    'MUL': 0, 'SUB': 0, 'DIV': 0, 'FULLY_CONNECTED': 0, 'CONCATENATION': 1,
}  # fmt: skip
_ELEMENTWISE = {
    'ADD': 'Add', 'MUL': 'Mul', 'SUB': 'Sub', 'DIV': 'Div', 'MAXIMUM': 'Max', 'MINIMUM': 'Min',
}  # fmt: skip
# They take real numbers and give real numbers.
_CURVES = {'LOGISTIC': 'Sigmoid', 'TANH': 'Tanh', 'HARD_SWISH': 'HardSwish', 'SOFTMAX': 'Softmax'}
# They move values about, and leave each as it is.
_MOVES = {'MAX_POOL_2D', 'PAD', 'RESHAPE', 'SQUEEZE', 'DEQUANTIZE'}
# They only reckon shapes, which are known here.
_OF_SHAPES = {'SHAPE', 'STRIDED_SLICE', 'PACK'}
# No sum of products reaches it: 2**15 weights of 8 bits with as large values.
_LARGEST_SUM = 2.0**31
_CURE = 'convert it to ONNX with tf2onnx, and import that'


def tflite_to_onnx(network: Network, name: str) -> onnx.ModelProto:
    """Return a float32 model from (batch, channels, height, width) to the outputs.

    It takes steps of its input, which `unit` tells, and gives real numbers.

    Args:
        network: with one input of four dimensions.
        name: of the file, for messages.

    Raises:
        BundleError: an operator is none of those that classifiers are made of.
    """
    return _Converter(network, name).convert()


def is_quantised(tensor: Tensor) -> bool:
    """Say whether a value is an integer that stands for a real number."""
    return tensor.quantization is not None and tensor.kind.kind in 'iu'


def unit(tensor: Tensor) -> float:
    """Return the real number that one step of a value stands for; 1 of what is not quantised."""
    return float(tensor.quantization.scale[0]) if is_quantised(tensor) else 1.0  # type: ignore[union-attr]


class _Converter:
    """Converts one network; `_names` and `_units` tell where each tensor is in the new graph.

    A value times its unit is the real number.
    """

    def __init__(self, network: Network, name: str) -> None:
        self._network = network
        self._name = name
        self._names: dict[int, str] = {}
        self._units: dict[int, float] = {}
        self._scales: dict[int, Array] = {}
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[TensorProto] = []
        self._makers: Mapping[str, Callable[[Operator], str]] = {
            'CONV_2D': self._convolution,
            'DEPTHWISE_CONV_2D': self._convolution,
            'FULLY_CONNECTED': self._dense,
            'AVERAGE_POOL_2D': self._average,
            'MAX_POOL_2D': self._pool,
            'MEAN': self._mean,
            'PAD': self._pad,
            'CONCATENATION': self._concatenate,
            'RESHAPE': self._reshape,
            'SQUEEZE': self._reshape,
            'LEAKY_RELU': self._leaky,
            'QUANTIZE': self._quantise,
            'DEQUANTIZE': self._pass_on,
            **dict.fromkeys(('RELU', 'RELU_N1_TO_1', 'RELU6'), self._scaled_input),
            **dict.fromkeys(('ADD', 'SUB', 'MAXIMUM', 'MINIMUM'), self._sum),
            **dict.fromkeys(('MUL', 'DIV'), self._product),
            **dict.fromkeys(_CURVES, self._curve),
        }

    def convert(self) -> onnx.ModelProto:
        network = self._network
        (image,) = network.inputs
        self._names[image], self._units[image] = 'image', unit(network.tensors[image])
        for operator in network.operators:
            constant = operator.kind == 'DEQUANTIZE' and operator.inputs[0] not in self._names
            if operator.kind not in _OF_SHAPES and not constant:
                self._add(operator)
        _, height, width, channels = network.tensors[image].shape
        outputs = []
        for number in network.outputs:
            shape = network.tensors[number].shape
            sizes = [shape[axis] for axis in _TO_FIRST] if len(shape) == 4 else list(shape)
            outputs.append(_value(self._real(number), ['batch', *sizes[1:]]))
        inputs = [_value('image', ['batch', channels, height, width])]
        graph = helper.make_graph(self._nodes, 'tflite', inputs, outputs, self._constants)
        opset = helper.make_opsetid('', OPSET)
        return helper.make_model(graph, opset_imports=[opset], ir_version=_IR_VERSION)

    def _add(self, operator: Operator) -> None:
        if operator.kind not in self._makers:
            raise BundleError(
                f'{self._name} has the operator {operator.kind}, which MobileNets do not have and '
                f'this import does not know: {_CURE}'
            )
        number = operator.outputs[0]
        self._units[number] = self._unit_of_result(operator)
        made = self._makers[operator.kind](operator)
        self._names[number] = self._held(operator, made)

    def _moves(self, operator: Operator) -> bool:
        at_end = operator.outputs[0] in self._network.outputs
        return operator.kind in _MOVES or (operator.kind == 'QUANTIZE' and at_end)

    def _gives_scores(self, operator: Operator) -> bool:
        """Say whether what comes is not rounded, so that scores are not tied needlessly."""
        kind, result = operator.kind, operator.outputs[0]
        return kind == 'SOFTMAX' or (kind == 'LOGISTIC' and self._is_end(result))

    def _is_end(self, number: int) -> bool:
        users = [one for one in self._network.operators if number in one.inputs]
        return all(
            one.kind in {'QUANTIZE', 'DEQUANTIZE'} and self._is_end(one.outputs[0])
            for one in users
        )

    def _unit_of_result(self, operator: Operator) -> float:
        if self._moves(operator):
            return self._units[operator.inputs[0]]
        real = self._gives_scores(operator)
        return 1.0 if real else unit(self._tensor(operator.outputs[0]))

    def _held(self, operator: Operator, value: str) -> str:
        """Apply the fused activation; round to, and hold within, what integers can express."""
        kind, fused = operator.kind, 0
        if kind in _FUSED:
            fused = operator.options.number(_FUSED[kind], 'Int8')
        if fused not in _LIMITS:
            raise BundleError(
                f'{self._name} fuses an activation of number {fused}, which this import does not '
                f'know: {_CURE}'
            )
        number = operator.outputs[0]
        result = self._tensor(number)
        limits = _LIMITS.get(kind, _LIMITS[fused])
        low, high = (limit / self._units[number] for limit in limits)
        if not is_quantised(result) or self._moves(operator) or self._gives_scores(operator):
            return self._limited(value, low, high)
        integers, zero = np.iinfo(result.kind), int(result.quantization.zero_point[0])  # type: ignore[union-attr]
        low, high = max(low, integers.min - zero), min(high, integers.max - zero)
        if number in self._scales:
            scale = self._scales[number]
            # Between them, the limits keep the runtime from folding the scale into the weights,
            # whose sums are exact only as integers.
            if scale.size == 1:
                value = self._limited(value, low / scale.item(), high / scale.item())
                return self._node('Round', [self._node('Mul', [value, self._constant(scale)])])
            value = self._limited(value, -_LARGEST_SUM, _LARGEST_SUM)
            value = self._node('Mul', [value, self._constant(scale)])
        return self._node('Round', [self._limited(value, low, high)])

    def _limited(self, value: str, low: float, high: float) -> str:
        if (low, high) == _EVERYTHING:
            return value
        if (low, high) == (0.0, np.inf):
            return self._node('Relu', [value])
        bounds = [self._constant(np.array(float(bound))) if np.isfinite(bound) else ''
                  for bound in (low, high)]  # fmt: skip
        return self._node('Clip', [value, *bounds] if bounds[1] else [value, bounds[0]])

    def _convolution(self, operator: Operator) -> str:
        image = operator.inputs[0]
        depthwise = operator.kind == 'DEPTHWISE_CONV_2D'
        weights = self._weights(operator)
        # (outputs, rows, columns, inputs); depthwise (1, rows, columns, outputs).
        weights = weights.transpose((3, 0, 1, 2) if depthwise else (0, 3, 1, 2))
        options = operator.options
        strides = [options.number(field, default=1) for field in (2, 1)]
        dilations = [
            options.number(field, default=1) for field in ((6, 5) if depthwise else (5, 4))
        ]
        size = [
            (side - 1) * dilation + 1
            for side, dilation in zip(weights.shape[2:], dilations, strict=True)
        ]
        return self._node(
            'Conv',
            [self._names[image], self._constant(weights), *self._bias(operator)],
            kernel_shape=list(weights.shape[2:]),
            strides=strides,
            dilations=dilations,
            group=self._tensor(image).shape[3] // weights.shape[1],
            pads=self._pads(operator, size, strides),
        )

    def _dense(self, operator: Operator) -> str:
        features = operator.inputs[0]
        weights, value = self._weights(operator), self._names[features]
        shape = self._tensor(features).shape
        if len(shape) != 2:
            value = self._reshaped(value, shape, (-1, weights.shape[1]))
        return self._node(
            'Gemm', [value, self._constant(weights), *self._bias(operator)], transB=1
        )

    def _weights(self, operator: Operator) -> Array:
        """Return weights that take steps of the input to steps of the result.

        Or integers, where all is quantised: `_scales` has what their sums are multiplied by.
        """
        number, weights = operator.outputs[0], self._constant_of(operator, 1)
        ratio = self._units[operator.inputs[0]] / self._units[number]
        quantised = all(map(is_quantised, (weights, self._tensor(number))))
        if not quantised or not is_quantised(self._tensor(operator.inputs[0])):
            real: Array = weights.real() * ratio
            return real
        assert weights.quantization is not None
        scale = weights.quantization.scale * ratio
        if operator.kind != 'FULLY_CONNECTED' and scale.size > 1:
            scale = scale.reshape(-1, 1, 1)
        self._scales[number] = scale
        return weights.steps()

    def _bias(self, operator: Operator) -> list[str]:
        if len(operator.inputs) < 3 or operator.inputs[2] < 0:
            return []
        bias, number = self._constant_of(operator, 2), operator.outputs[0]
        if number in self._scales:
            return [self._constant(bias.steps())]
        return [self._constant(bias.real() / self._units[number])]

    def _pads(self, operator: Operator, size: Sequence[int], strides: Sequence[int]) -> list[int]:
        """Return what TensorFlow pads: where a side needs an odd number, more at its end."""
        if operator.options.number(0, 'Int8') != _SAME:
            return [0, 0, 0, 0]
        before, after = [], []
        sides = self._tensor(operator.inputs[0]).shape[1:3]
        for side, kernel, stride in zip(sides, size, strides, strict=True):
            total = max(0, (-(-side // stride) - 1) * stride + kernel - side)
            before.append(total // 2)
            after.append(total - total // 2)
        return before + after

    def _average(self, operator: Operator) -> str:
        options, shape = operator.options, self._tensor(operator.inputs[0]).shape
        value = self._scaled_input(operator)
        if (options.number(4), options.number(3)) == shape[1:3]:
            return self._node('GlobalAveragePool', [value])
        return self._pooled('AveragePool', value, operator)

    def _pool(self, operator: Operator) -> str:
        return self._pooled('MaxPool', self._names[operator.inputs[0]], operator)

    def _pooled(self, kind: str, value: str, operator: Operator) -> str:
        size, strides = ([operator.options.number(field) for field in pair]
                         for pair in ((4, 3), (2, 1)))  # fmt: skip
        pads = self._pads(operator, size, strides)
        return self._node(kind, [value], kernel_shape=size, strides=strides, pads=pads)

    def _mean(self, operator: Operator) -> str:
        shape = self._tensor(operator.inputs[0]).shape
        over = sorted(int(axis) % len(shape) for axis in self._constant_of(operator, 1).real())
        if len(shape) != 4 or over != [1, 2]:
            raise BundleError(
                f'{self._name} takes a mean over the axes {over}, which this import does not '
                f'know: {_CURE}'
            )
        pooled = self._node('GlobalAveragePool', [self._scaled_input(operator)])
        keep = operator.options.number(0, 'Bool')
        return pooled if keep else self._node('Flatten', [pooled], axis=1)

    def _pad(self, operator: Operator) -> str:
        pads = self._constant_of(operator, 1).real().astype(np.int64)
        pads = pads[_TO_FIRST] if len(pads) == 4 else pads
        return self._node('Pad', [self._names[operator.inputs[0]], self._constant(pads.T.ravel())])

    def _concatenate(self, operator: Operator) -> str:
        rank = len(self._tensor(operator.outputs[0]).shape)
        axis = operator.options.number(0) % rank
        axis = _TO_FIRST.index(axis) if rank == 4 else axis
        return self._node('Concat', self._operands(operator), axis=axis)

    def _sum(self, operator: Operator) -> str:
        return self._node(_ELEMENTWISE[operator.kind], self._operands(operator))

    def _product(self, operator: Operator) -> str:
        first, second = (self._operand(operator, i, 1.0) for i in (0, 1))
        made = self._node(_ELEMENTWISE[operator.kind], [first, second])
        return self._times(made, 1 / self._units[operator.outputs[0]])

    def _operands(self, operator: Operator) -> list[str]:
        of_result = self._units[operator.outputs[0]]
        return [self._operand(operator, i, of_result) for i in range(len(operator.inputs))]

    def _operand(self, operator: Operator, position: int, of_result: float) -> str:
        """Return an input, a constant too, in this unit and with channels first."""
        number = operator.inputs[position]
        if number in self._names:
            return self._times(self._names[number], self._units[number] / of_result)
        real = self._constant_of(operator, position).real() / of_result
        return self._constant(real.transpose(_TO_FIRST) if real.ndim == 4 else real)

    def _reshape(self, operator: Operator) -> str:
        before, after = (self._tensor(n).shape for n in (operator.inputs[0], operator.outputs[0]))
        return self._reshaped(self._names[operator.inputs[0]], before, (-1, *after[1:]))

    def _reshaped(self, value: str, before: tuple[int, ...], after: tuple[int, ...]) -> str:
        """Reshape as TensorFlow would, which has channels last on both sides."""
        if len(before) == 4 and before[1:3] != (1, 1):
            value = self._node('Transpose', [value], perm=_TO_LAST)
        value = self._node('Reshape', [value, self._constant(np.array(after, np.int64))])
        return self._node('Transpose', [value], perm=_TO_FIRST) if len(after) == 4 else value

    def _curve(self, operator: Operator) -> str:
        value, kind = self._real(operator.inputs[0]), _CURVES[operator.kind]
        if kind != 'Softmax':
            made = self._node(kind, [value])
            return self._times(made, 1 / self._units[operator.outputs[0]])
        value = self._times(value, operator.options.number(0, 'Float32', 1.0))
        rank = len(self._tensor(operator.inputs[0]).shape)
        return self._node('Softmax', [value], axis=1 if rank == 4 else -1)

    def _quantise(self, operator: Operator) -> str:
        return (self._pass_on if self._moves(operator) else self._scaled_input)(operator)

    def _pass_on(self, operator: Operator) -> str:
        return self._names[operator.inputs[0]]

    def _leaky(self, operator: Operator) -> str:
        alpha = float(operator.options.number(0, 'Float32'))
        return self._node('LeakyRelu', [self._scaled_input(operator)], alpha=alpha)

    def _scaled_input(self, operator: Operator) -> str:
        return self._operand(operator, 0, self._units[operator.outputs[0]])

    def _real(self, number: int) -> str:
        return self._times(self._names[number], self._units[number])

    def _times(self, value: str, factor: float) -> str:
        if np.isclose(factor, 1.0, rtol=1e-7):
            return value
        return self._node('Mul', [value, self._constant(np.array([factor]))])

    def _tensor(self, number: int) -> Tensor:
        return self._network.tensors[number]

    def _constant_of(self, operator: Operator, position: int) -> Tensor:
        """Return a constant input, which may be stored in half precision and widened at once."""
        number = operator.inputs[position]
        for other in self._network.operators:
            if other.kind == 'DEQUANTIZE' and other.outputs == (number,):
                number = other.inputs[0]
        if self._tensor(number).data is None:
            raise BundleError(
                f'{self._name} computes what {operator.kind} takes for constant: {_CURE}'
            )
        return self._tensor(number)

    def _constant(self, value: Array) -> str:
        name = f'constant_{len(self._constants)}'
        if value.dtype.kind == 'f':
            value = value.astype(np.float32)
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def _node(self, kind: str, inputs: list[str], **attributes: Any) -> str:
        name = f'value_{len(self._nodes)}'
        self._nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name


def _value(name: str, sizes: list[int | str]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, sizes)
