# SPDX-License-Identifier: Apache-2.0
"""Find float64 in an ONNX model: TensorRT's parser computes it in float32 without a word.

Reads the few fields it needs of ONNX's protobuf format (onnx.proto, protobuf's wire format), since
a robot has no `onnx`.
"""

from collections.abc import Iterator
from typing import NamedTuple

_DOUBLE = 11
_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5
# Numbers of fields, by message.
_MODEL_GRAPH = 7
_GRAPH_NODE, _GRAPH_CONSTANT = 1, 5
_NODE_INPUT, _NODE_NAME, _NODE_OPERATOR, _NODE_ATTRIBUTE = 1, 3, 4, 5
_ATTRIBUTE_NAME, _ATTRIBUTE_INTEGER, _ATTRIBUTE_TENSOR = 1, 3, 5
_TENSOR_TYPE, _TENSOR_NAME = 2, 8
# Attributes that name the type of an operator's output.
_TYPE_ATTRIBUTES = (b'to', b'dtype')


class Operator(NamedTuple):
    """A node of a graph: its operator, such as `Cast`, and its own name, which may be empty."""

    kind: str
    name: str


def find_float64(model: bytes) -> Operator | None:
    """Return the first operator that makes or takes float64; None: there is none.

    Raises:
        ValueError: this is no ONNX model.
    """
    for graph in _messages(memoryview(model), _MODEL_GRAPH):
        doubles = {
            _text(constant, _TENSOR_NAME)
            for constant in _messages(graph, _GRAPH_CONSTANT)
            if _is_double(constant)
        }
        for node in _messages(graph, _GRAPH_NODE):
            inputs = {bytes(name) for name in _messages(node, _NODE_INPUT)}
            attributes = _messages(node, _NODE_ATTRIBUTE)
            if inputs & doubles or any(map(_gives_double, attributes)):
                kind, name = (_text(node, field) for field in (_NODE_OPERATOR, _NODE_NAME))
                return Operator(kind.decode(errors='replace'), name.decode(errors='replace'))
    return None


def _gives_double(attribute: memoryview) -> bool:
    if _text(attribute, _ATTRIBUTE_NAME) in _TYPE_ATTRIBUTES:
        return _DOUBLE in _integers(attribute, _ATTRIBUTE_INTEGER)
    return any(map(_is_double, _messages(attribute, _ATTRIBUTE_TENSOR)))


def _is_double(tensor: memoryview) -> bool:
    return _DOUBLE in _integers(tensor, _TENSOR_TYPE)


def _text(message: memoryview, field: int) -> bytes:
    return b''.join(map(bytes, _messages(message, field)))


def _messages(message: memoryview, field: int) -> Iterator[memoryview]:
    for number, value in _fields(message):
        if number == field and isinstance(value, memoryview):
            yield value


def _integers(message: memoryview, field: int) -> Iterator[int]:
    for number, value in _fields(message):
        if number == field and isinstance(value, int):
            yield value


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Yield number and value of each field that is an integer, or is preceded by its length."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield number, value
            continue
        if kind == _BYTES:
            size, at = _varint(message, at)
        elif kind in (_EIGHT_BYTES, _FOUR_BYTES):
            size = 8 if kind == _EIGHT_BYTES else 4
        else:
            raise ValueError(f'no protobuf: a field of kind {kind}')
        if at + size > len(message):
            raise ValueError('no protobuf: a field is longer than the rest')
        if kind == _BYTES:
            yield number, message[at : at + size]
        at += size


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message) and shift < 64:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
    raise ValueError('no protobuf: an integer has no end')
