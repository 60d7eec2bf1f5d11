# SPDX-License-Identifier: Apache-2.0
"""TensorFlow Lite files (.tflite) read as typed records, without TensorFlow.

The file is a FlatBuffer; a field's number is its place in TensorFlow's `schema.fbs`, those of the
metadata in `metadata_schema.fbs` of tflite-support.
"""

import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from flatbuffers import number_types
from flatbuffers.table import Table

from mobilenet_perception.errors import BundleError

Array = npt.NDArray[Any]

_IDENTIFIER = b'TFL3'
_METADATA = 'TFLITE_METADATA'
_NORMALIZATION = 1
_TYPES: Mapping[int, type] = {
    0: np.float32, 1: np.float16, 2: np.int32, 3: np.uint8, 4: np.int64, 6: np.bool_,
    7: np.int16, 9: np.int8, 10: np.float64,
}  # fmt: skip
# Only those that classifiers are made of.
_OPERATORS: Mapping[int, str] = {
    0: 'ADD', 1: 'AVERAGE_POOL_2D', 2: 'CONCATENATION', 3: 'CONV_2D', 4: 'DEPTHWISE_CONV_2D',
    6: 'DEQUANTIZE', 9: 'FULLY_CONNECTED', 14: 'LOGISTIC', 17: 'MAX_POOL_2D', 18: 'MUL',
    19: 'RELU', 20: 'RELU_N1_TO_1', 21: 'RELU6', 22: 'RESHAPE', 25: 'SOFTMAX', 28: 'TANH',
    34: 'PAD', 40: 'MEAN', 41: 'SUB', 42: 'DIV', 43: 'SQUEEZE', 45: 'STRIDED_SLICE',
    55: 'MAXIMUM', 57: 'MINIMUM', 77: 'SHAPE', 83: 'PACK', 98: 'LEAKY_RELU', 114: 'QUANTIZE',
    117: 'HARD_SWISH',
}  # fmt: skip


class Quantization(NamedTuple):
    """Real value = scale * (stored value - zero_point), by the channel of one axis.

    Attributes:
        scale: (1 or channels,) float64.
        zero_point: (1 or channels,) int64.
        axis: of the channels.
    """

    scale: npt.NDArray[np.float64]
    zero_point: npt.NDArray[np.int64]
    axis: int


class Tensor(NamedTuple):
    """A value of the graph.

    Attributes:
        name: as the file has it.
        shape: sizes; the batch is mostly 1.
        kind: of what is stored.
        quantization: None: it is stored as it is.
        data: of a constant, stored values; None: it is computed.
    """

    name: str
    shape: tuple[int, ...]
    kind: np.dtype[Any]
    quantization: Quantization | None
    data: Array | None

    def steps(self) -> Array:
        """Return the stored integers of a constant without their zero point, as float32."""
        if self.data is None:
            raise BundleError(f'the tensor {self.name} is not constant')
        if self.quantization is None:
            return self.data.astype(np.float32)
        zero_point = self._by_channel(self.quantization.zero_point)
        steps: Array = (self.data.astype(np.int64) - zero_point).astype(np.float32)
        return steps

    def real(self) -> Array:
        """Return the values of a constant, as the interpreter understands them."""
        if self.data is None:
            raise BundleError(f'the tensor {self.name} is not constant')
        if self.quantization is None:
            return self.data
        real: Array = (self.steps() * self._by_channel(self.quantization.scale)).astype(np.float32)
        return real

    def _by_channel(self, values: Array) -> Array:
        shape = [1] * len(self.shape)
        if len(values) > 1 and self.quantization is not None:
            shape[self.quantization.axis] = len(values)
        return values.reshape(shape)


class Operator(NamedTuple):
    """One step of the graph; `options` reads a field of its options by its number."""

    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: '_Table'


class Network(NamedTuple):
    """The first graph of a file.

    Attributes:
        tensors: by number.
        inputs: numbers of tensors.
        outputs: numbers of tensors.
        operators: in order.
        normalization: mean and deviation by channel, of 0 to 255, from the metadata.
        attached: texts that travel at the file's end, by name, such as labels.
    """

    tensors: tuple[Tensor, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    operators: tuple[Operator, ...]
    normalization: tuple[tuple[float, ...], tuple[float, ...]] | None
    attached: dict[str, str]


def read_tflite(path: Path) -> Network:
    """Read a file.

    Raises:
        BundleError: it is not of TensorFlow Lite, or damaged.
    """
    content = path.read_bytes()
    if content[4:8] != _IDENTIFIER:
        raise BundleError(
            f'{path} is not a TensorFlow Lite model: give the file that was exported'
        )
    try:
        root = _Table.root(content)
        graph = root.tables(2)[0]
        buffers = root.tables(4)
        codes = [_operator_name(code) for code in root.tables(1)]
        return Network(
            tensors=tuple(_tensor(table, buffers) for table in graph.tables(0)),
            inputs=graph.integers(1),
            outputs=graph.integers(2),
            operators=tuple(
                Operator(
                    codes[table.number(0, 'Uint32')], table.integers(1), table.integers(2),
                    table.table(4),
                )
                for table in graph.tables(3)
            ),
            normalization=_normalization(root, buffers),
            attached=_attached(path),
        )  # fmt: skip
    except (IndexError, ValueError, TypeError, KeyError, OverflowError, struct.error) as error:
        # Offsets that lead nowhere.
        raise BundleError(f'{path} is damaged ({error}): export or download it again') from error


def dequantised(network: Network) -> Network:
    """Return the network with real numbers for the integers that stand for some.

    Its weights are those that the interpreter computes with; what it rounds between operators is
    not rounded.
    """
    tensors = (
        tensor
        if tensor.quantization is None
        else tensor._replace(
            kind=np.dtype(np.float32),
            quantization=None,
            data=None if tensor.data is None else tensor.real(),
        )
        for tensor in network.tensors
    )
    return network._replace(tensors=tuple(tensors))


class _Table:
    """A FlatBuffers table; None as its place: it is absent, and each field has its default."""

    def __init__(self, content: bytes, place: int | None) -> None:
        self._content = content
        self._table = None if place is None else Table(content, place)

    @classmethod
    def root(cls, content: bytes) -> '_Table':
        return cls(content, int.from_bytes(content[:4], 'little'))

    def number(self, field: int, kind: str = 'Int32', default: float = 0) -> Any:
        """Return a number of a type that FlatBuffers names, such as Int8."""
        offset = self._offset(field)
        if not offset:
            return default
        assert self._table is not None
        return self._table.Get(getattr(number_types, f'{kind}Flags'), self._table.Pos + offset)

    def text(self, field: int) -> str:
        offset = self._offset(field)
        if not offset or self._table is None:
            return ''
        found: bytes = self._table.String(self._table.Pos + offset)
        return found.decode(errors='replace')

    def table(self, field: int) -> '_Table':
        offset = self._offset(field)
        if not offset or self._table is None:
            return _Table(self._content, None)
        return _Table(self._content, self._table.Indirect(self._table.Pos + offset))

    def tables(self, field: int) -> list['_Table']:
        start, length = self._vector(field)
        if self._table is None:
            return []
        places = (self._table.Indirect(start + 4 * index) for index in range(length))
        return [_Table(self._content, place) for place in places]

    def vector(self, field: int, kind: Any) -> Array:
        start, length = self._vector(field)
        return np.frombuffer(self._content, np.dtype(kind).newbyteorder('<'), length, start)

    def integers(self, field: int) -> tuple[int, ...]:
        return tuple(int(value) for value in self.vector(field, np.int32))

    def _offset(self, field: int) -> int:
        return 0 if self._table is None else int(self._table.Offset(4 + 2 * field))

    def _vector(self, field: int) -> tuple[int, int]:
        offset = self._offset(field)
        if not offset or self._table is None:
            return 0, 0
        return int(self._table.Vector(offset)), int(self._table.VectorLen(offset))


def _operator_name(code: _Table) -> str:
    # Codes above 127 are in a field that was added later.
    number = max(code.number(0, 'Int8'), code.number(3))
    return _OPERATORS.get(number) or code.text(1) or f'number {number}'


def _tensor(table: _Table, buffers: list[_Table]) -> Tensor:
    number = table.number(1, 'Int8')
    if number not in _TYPES:
        raise ValueError(f'a tensor of type {number}, which is not read')
    kind, shape = np.dtype(_TYPES[number]), table.integers(0)
    data = buffers[table.number(2, 'Uint32')].vector(0, np.uint8)
    constant = np.frombuffer(data.tobytes(), kind).reshape(shape) if data.size else None
    return Tensor(table.text(3), shape, kind, _quantization(table.table(4)), constant)


def _quantization(table: _Table) -> Quantization | None:
    scale = table.vector(2, np.float32)
    if not scale.size:
        return None
    zero_point = table.vector(3, np.int64)
    if not zero_point.size:
        zero_point = np.zeros(len(scale), np.int64)
    return Quantization(scale.astype(np.float64), zero_point, table.number(6))


def _normalization(
    root: _Table, buffers: list[_Table]
) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    for entry in root.tables(6):
        if entry.text(0) != _METADATA:
            continue
        content = buffers[entry.number(1, 'Uint32')].vector(0, np.uint8).tobytes()
        for graph in _Table.root(content).tables(3):
            for image in graph.tables(2):
                for unit in image.tables(4):
                    if unit.number(0, 'Uint8') == _NORMALIZATION:
                        options = unit.table(1)
                        mean, deviation = (options.vector(i, np.float32) for i in (0, 1))
                        return tuple(map(float, mean)), tuple(map(float, deviation))
    return None


def _attached(path: Path) -> dict[str, str]:
    try:
        with zipfile.ZipFile(path) as archive:
            return {
                name: archive.read(name).decode('utf-8', 'replace')
                for name in archive.namelist()
                if name.endswith('.txt')
            }
    except (zipfile.BadZipFile, OSError):
        return {}
