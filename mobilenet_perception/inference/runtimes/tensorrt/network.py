# SPDX-License-Identifier: Apache-2.0
"""An ONNX model as a TensorRT network, or one sentence about the operator that it lacks."""

from collections.abc import Iterable
from typing import Any

from mobilenet_perception.errors import BundleError
from mobilenet_perception.inference.runtimes.base import Signature, Tensor, read_signature
from mobilenet_perception.inference.runtimes.tensorrt.library import Library

_CURE = 'export the model anew with training, or run it on onnxruntime'
_SMALLEST_FIRST = ('int8', 'fp16', 'fp32')
# TensorRT's names of types.
_KINDS = {'UINT8': 'uint8', 'FLOAT': 'float32'}


class Network:
    """A parsed model.

    Args:
        library: TensorRT.
        builder: of it.
        model: the ONNX model.
        name: of the variant, for messages.
        strongly_typed: take every type from the model; else they are left to TensorRT.

    Attributes:
        definition: TensorRT's network.
        signature: what it takes and gives.
        precisions: that the model asks for, of `int8`, `fp16` and `fp32`.

    Raises:
        BundleError: it is no model, TensorRT lacks one of its operators, or it is not uint8 NHWC
            in, probabilities out.
    """

    def __init__(
        self, library: Library, builder: Any, model: bytes, name: str, strongly_typed: bool = True
    ) -> None:
        if operator := find_float64(model, name):
            raise BundleError(
                f'variant {name}: TensorRT has no float64, which its operator {operator} makes or '
                f'takes: {_CURE}'
            )
        library.log.clear()
        self.definition = builder.create_network(library.network_flags(strongly_typed))
        # The parser owns the weights that the network refers to.
        self._parser = library.module.OnnxParser(self.definition, library.log)
        if not self._parser.parse(model):
            raise BundleError(f'variant {name}: {self._trouble(library)}: {_CURE}')
        inputs = [self.definition.get_input(i) for i in range(self.definition.num_inputs)]
        outputs = [self.definition.get_output(i) for i in range(self.definition.num_outputs)]
        self.signature: Signature = read_signature(name, _tensors(inputs), _tensors(outputs))
        self.input_name: str = inputs[0].name
        self.precisions = _precisions(library, self.definition)

    @property
    def precision(self) -> str:
        """The smallest of the precisions."""
        return min(self.precisions, key=_SMALLEST_FIRST.index)

    def _trouble(self, library: Library) -> str:
        if not self._parser.num_errors:
            return f'TensorRT refuses the model ({library.log.reason()})'
        error = self._parser.get_error(0)
        told = ' '.join(str(error.desc()).split())
        if operator := error.node_operator():
            # Of what it does not know at all, it only says that an assertion is false.
            why = '' if told in ('', 'false') else f': {told}'
            return f'TensorRT does not take its operator {operator} ({error.node_name()}{why})'
        return f'TensorRT refuses the model ({told})'


def find_float64(model: bytes, name: str) -> str:
    """Name the first operator that makes or takes float64; empty: none, or `onnx` is not here.

    TensorRT's parser computes it in float32 without a word. A robot has no `onnx`: there the
    golden frames of a bundle tell whether that matters.

    Raises:
        BundleError: this is no ONNX model.
    """
    try:
        import onnx  # noqa: PLC0415 (it takes a moment, and a robot lacks it)
    except ImportError:
        return ''
    try:
        graph = onnx.load_from_string(model).graph
    except Exception as error:  # of protobuf, whose types are not this package's
        raise BundleError(
            f'variant {name} is no ONNX model ({error}): export it anew with training'
        ) from error
    double = onnx.TensorProto.DOUBLE
    constants = {constant.name for constant in graph.initializer if constant.data_type == double}
    for node in graph.node:
        types = [
            attribute.i if attribute.name in ('to', 'dtype') else attribute.t.data_type
            for attribute in node.attribute
        ]
        if double in types or constants.intersection(node.input):
            return f'{node.op_type} ({node.name})'
    return ''


def tensor(kind: Any, shape: Iterable[int]) -> Tensor:
    """Return type and shape as TensorRT gives them in the package's own words."""
    return Tensor(
        _KINDS.get(kind.name, kind.name.lower()),
        tuple(size if size >= 0 else None for size in shape),
    )


def _tensors(values: list[Any]) -> list[Tensor]:
    return [tensor(value.dtype, value.shape) for value in values]


def _precisions(library: Library, definition: Any) -> set[str]:
    # The scores are in fp32 always.
    found, module = {'fp32'}, library.module
    for number in range(definition.num_layers):
        layer = definition.get_layer(number)
        if layer.type in (module.LayerType.QUANTIZE, module.LayerType.DEQUANTIZE):
            found.add('int8')
        elif layer.get_output(0).dtype == module.DataType.HALF:
            found.add('fp16')
    return found
