# SPDX-License-Identifier: Apache-2.0
"""A foreign model becomes a variant: uint8 RGB in, calibrated probabilities out.

What its owner did before and after it goes into the graph: order of channels, scaling, the crop
of the middle; then classes that are left out, temperature and softmax.
"""

import math
from typing import Any, NamedTuple

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from mobilenet_perception.errors import BundleError
from mobilenet_perception.tools.bundle.importer.model import OPSET, ForeignModel
from mobilenet_perception.tools.bundle.importer.scaling import Scaling
from mobilenet_perception.tools.bundle.onnx_graph import (
    INPUT,
    IR_VERSION,
    Array,
    GraphView,
    canonical,
    free_batch,
)

_LEAST = 1e-12
_RESHAPING = {'Flatten', 'Reshape', 'Squeeze', 'Identity', 'Cast'}


class Preparation(NamedTuple):
    """What its owner does to an image before the network, and to scores after it.

    Attributes:
        scaling: of the pixels.
        bgr: the network wants blue first.
        crop: share of each side that the network sees, the middle, above 0 to 1.
        drop_first: the first score is of no label, such as `background`.
    """

    scaling: Scaling
    bgr: bool = False
    crop: float = 1.0
    drop_first: bool = False


class Ending(NamedTuple):
    """Where scores are logits: the value, and what its softmax or sigmoid made of them.

    Attributes:
        value: name in the graph.
        classes: how many; of a sigmoid of one, two.
        kind: `softmax`, `sigmoid`, `probabilities` (of an operator that is not known), `logits`.
    """

    value: str
    classes: int
    kind: str


def find_ending(found: ForeignModel) -> Ending:
    """Return where a model's scores are logits.

    Told from the graph's end; where that is no activation, by what it gives for noise.
    """
    scores, view = found.answer, GraphView(found.model)
    node = view.maker.get(found.scores)
    while node is not None and node.op_type in _RESHAPING:
        node = view.maker.get(node.input[0])
    kind = '' if node is None else node.op_type
    if node is not None and kind in {'Softmax', 'LogSoftmax'}:
        return Ending(node.input[0], scores.size, 'softmax')
    if node is not None and kind == 'Sigmoid':
        return Ending(node.input[0], max(2, scores.size), 'sigmoid')
    if scores.size > 1 and scores.min() >= 0 and math.isclose(scores.sum(), 1, abs_tol=1e-3):
        return Ending(found.scores, scores.size, 'probabilities')
    return Ending(found.scores, max(2, scores.size), 'logits')


def to_logits(found: ForeignModel, ending: Ending, how: Preparation) -> ModelProto:
    """Return a graph from (1, height, width, 3) uint8 RGB to (1, labels) logits.

    Height and width are those of the network, or larger by the crop.
    """
    builder = _Builder()
    value = builder.prepared(found, how)
    nodes = [NodeProto.FromString(node.SerializeToString()) for node in found.model.graph.node]
    for node in nodes:
        for position, name in enumerate(node.input):
            node.input[position] = value if name == found.image else f'their_{name}' * bool(name)
        for position, name in enumerate(node.output):
            node.output[position] = f'their_{name}' * bool(name)
    for tensor in found.model.graph.initializer:
        copy = TensorProto.FromString(tensor.SerializeToString())
        copy.name = f'their_{tensor.name}'
        builder.constants.append(copy)
    builder.nodes += nodes
    scores = builder.ended(f'their_{ending.value}', found, ending, how)
    height, width = input_size(found, how.crop)
    image = helper.make_tensor_value_info(INPUT, TensorProto.UINT8, [1, height, width, 3])
    classes = ending.classes - how.drop_first
    result = helper.make_tensor_value_info(scores, TensorProto.FLOAT, [1, classes])
    graph = helper.make_graph(builder.nodes, 'logits', [image], [result], builder.constants)
    opset = helper.make_opsetid('', OPSET)
    model = helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION)
    try:
        return canonical(model)
    except onnx.checker.ValidationError as error:
        line = str(error).strip().splitlines()[0]
        raise BundleError(f'{found.path} is not a valid graph ({line}): export it anew') from error


def to_probabilities(logits: ModelProto, temperature: float) -> bytes:
    """Return the variant's graph, for any number of images where its operators allow that."""
    model = ModelProto()
    model.CopyFrom(logits)
    graph = model.graph
    (result,) = graph.output
    value = result.name
    if temperature != 1.0:
        factor = np.array([1 / temperature], np.float32)
        graph.initializer.append(numpy_helper.from_array(factor, 'temperature'))
        graph.node.append(helper.make_node('Mul', [value, 'temperature'], ['calibrated']))
        value = 'calibrated'
    graph.node.append(helper.make_node('Softmax', [value], ['scores'], axis=1))
    result.name = 'scores'
    content: bytes = canonical(model).SerializeToString(deterministic=True)
    return free_batch(content)


def input_size(found: ForeignModel, crop: float) -> tuple[int, int]:
    """Return height and width of the image of which the network sees the middle."""
    return round(found.height / crop), round(found.width / crop)


class _Builder:
    """Nodes and constants, with names of their own."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def prepared(self, found: ForeignModel, how: Preparation) -> str:
        """Return the name of the network's input, made of the image."""
        value = self._cropped(INPUT, found, how.crop)
        if how.bgr:
            value = self._node('Gather', value, np.array([2, 1, 0], np.int64), axis=3)
        if found.kind == TensorProto.UINT8:
            return self._first(value) if found.channels_first else value
        value = self._node('Cast', value, to=TensorProto.FLOAT)
        mean, deviation = (np.array(part, np.float64) for part in how.scaling)
        if how.bgr:
            mean, deviation = mean[::-1], deviation[::-1]
        if not (deviation == 1).all():
            value = self._node('Mul', value, (1 / deviation).astype(np.float32))
        if mean.any():
            value = self._node('Add', value, (-mean / deviation).astype(np.float32))
        value = self._first(value) if found.channels_first else value
        if found.kind != TensorProto.FLOAT:
            value = self._node('Cast', value, to=found.kind)
        return value

    def ended(self, value: str, found: ForeignModel, ending: Ending, how: Preparation) -> str:
        """Return the name of (1, labels) float32 logits, made of what the network gives."""
        value = self._node('Flatten', value, axis=1)
        value = self._node('Cast', value, to=TensorProto.FLOAT) if _is_half(found) else value
        if ending.kind == 'probabilities':
            value = self._node('Log', self._node('Clip', value, np.array(_LEAST, np.float32)))
        if found.answer.size == 1:
            # One score for two labels: the sigmoid of x is the softmax of 0 and x.
            value = self._node('Pad', value, np.array([0, 1, 0, 0], np.int64))
        if how.drop_first:
            ends = np.array([ending.classes], np.int64)
            one = np.array([1], np.int64)
            value = self._node('Slice', value, one, ends, one)
        return value

    def _cropped(self, value: str, found: ForeignModel, crop: float) -> str:
        height, width = input_size(found, crop)
        if (height, width) == (found.height, found.width):
            return value
        top, left = (height - found.height) // 2, (width - found.width) // 2
        starts = np.array([top, left], np.int64)
        ends = np.array([top + found.height, left + found.width], np.int64)
        return self._node('Slice', value, starts, ends, np.array([1, 2], np.int64))

    def _first(self, value: str) -> str:
        return self._node('Transpose', value, perm=[0, 3, 1, 2])

    def _node(self, kind: str, value: str, *constants: Array, **attributes: Any) -> str:
        names = [value]
        for constant in constants:
            names.append(f'our_constant_{len(self.constants)}')
            self.constants.append(numpy_helper.from_array(constant, names[-1]))
        name = f'our_value_{len(self.nodes)}'
        self.nodes.append(helper.make_node(kind, names, [name], **attributes))
        return name


def _is_half(found: ForeignModel) -> bool:
    return any(t.data_type == TensorProto.FLOAT16 for t in found.model.graph.initializer)
