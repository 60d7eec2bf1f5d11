# SPDX-License-Identifier: Apache-2.0
"""A model that a user has, read from ONNX or TensorFlow Lite: one image in, one row of scores out.

What cannot become a classifier is refused here, in a sentence that says what would help.
"""

import ast
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
import onnxruntime
from onnx import (
    ModelProto,
    NodeProto,
    TensorProto,
    ValueInfoProto,
    helper,
    inliner,
    version_converter,
)

from mobilenet_perception.errors import BundleError
from mobilenet_perception.inference.runtimes.tensorrt.network import find_float64
from mobilenet_perception.tools.bundle.importer.labels import parse_lines
from mobilenet_perception.tools.bundle.importer.scaling import (
    SCALINGS,
    Scaling,
    found_in_graph,
)
from mobilenet_perception.tools.bundle.importer.tflite.convert import (
    is_quantised,
    tflite_to_onnx,
    unit,
)
from mobilenet_perception.tools.bundle.importer.tflite.file import Network, read_tflite
from mobilenet_perception.tools.bundle.onnx_graph import Array, GraphView

# What all runtimes take that the node runs on.
OPSET = 17
_TYPES: Mapping[int, type] = {
    TensorProto.FLOAT: np.float32, TensorProto.FLOAT16: np.float16, TensorProto.UINT8: np.uint8,
}  # fmt: skip
# A domain for nodes that ONNX's converter of opsets shall not touch.
_ASIDE = 'aside'


class ForeignModel(NamedTuple):
    """A model as it was found, of opset 17.

    Attributes:
        path: where it was read.
        model: with one input and, of its outputs, one that counts.
        image: name of the input.
        scores: name of the output.
        answer: (scores,) what it gives there for an image of noise.
        height: rows of the input, in pixels.
        width: columns, in pixels.
        channels_first: whether the input is (batch, channels, height, width).
        scaling: what the file says that pixels become before its graph; None: it says nothing.
        because: how it says that, in words; empty: it does not.
        labels: that the file brings; None: none.
    """

    path: Path
    model: ModelProto
    image: str
    scores: str
    answer: Array
    height: int
    width: int
    channels_first: bool
    scaling: Scaling | None
    because: str
    labels: tuple[str, ...] | None

    @property
    def kind(self) -> int:
        """The type of the input, as ONNX numbers them."""
        kind: int = next(
            value.type.tensor_type.elem_type
            for value in self.model.graph.input
            if value.name == self.image
        )
        return kind


class ReadSettings(NamedTuple):
    """What a file may leave open.

    Attributes:
        size: sides of the image, in pixels, where the graph takes any.
        scores: name of the output to take, where there are several.
    """

    size: int | None = None
    scores: str = ''


Reader = Callable[[Path, ReadSettings], ForeignModel]


def read_onnx(path: Path, settings: ReadSettings) -> ForeignModel:
    """Read an ONNX file.

    Raises:
        BundleError: it is none, or not a classifier of images that the node can run.
    """
    try:
        model = onnx.load(path)
    except OSError as error:
        raise BundleError(f'{path} cannot be read: {error.strerror or error}') from error
    except Exception as error:  # of protobuf, whose types are not this package's
        raise BundleError(
            f'{path} is not an ONNX model: give the file that was exported'
        ) from error
    return from_onnx(model, path, settings)


def from_onnx(model: ModelProto, path: Path, settings: ReadSettings) -> ForeignModel:
    """Check a model, and bring it to the operators of opset 17.

    Args:
        model: is changed.
        path: where it comes from, for messages.
        settings: what it leaves open.

    Raises:
        BundleError: it is not a classifier of images that the node can run.
    """
    if not model.graph.node or not model.graph.output:
        raise BundleError(f'{path} is not an ONNX model: give the file that was exported')
    model = _plain(model, path)
    image = _one_input(model, path)
    shape = _sizes(image)
    channels_first, height, width = _layout(shape, path, settings)
    if image.type.tensor_type.elem_type not in _TYPES:
        kind = TensorProto.DataType.Name(image.type.tensor_type.elem_type).lower()
        raise BundleError(
            f'{path} takes images of {kind}: export it with an input of float32 or uint8'
        )
    labels, scaling, because = _metadata(model)
    found = ForeignModel(
        path=path,
        model=model,
        image=image.name,
        scores='',
        answer=np.zeros(0),
        height=height,
        width=width,
        channels_first=channels_first,
        scaling=scaling,
        because=because,
        labels=labels,
    )
    scores, answer = _scores(found, settings)
    found = found._replace(scores=scores, answer=answer.astype(np.float32).ravel())
    if found.scaling is None and found.kind == TensorProto.UINT8:
        found = found._replace(scaling=SCALINGS['none'], because='it takes pixels as they are')
    if found.scaling is None:
        inside = found_in_graph(GraphView(model), image.name)
        found = found._replace(
            scaling=inside, because='its graph begins with the scaling' if inside else ''
        )
    return found


def read_tensorflow_lite(path: Path, settings: ReadSettings) -> ForeignModel:
    """Read a TensorFlow Lite file, float or quantised; labels and scaling from its metadata.

    Raises:
        BundleError: it is none, or not a classifier of images that the node can run.
    """
    network = read_tflite(path)
    images = [network.tensors[number] for number in network.inputs]
    if len(images) != 1 or len(images[0].shape) != 4:
        told = ' and '.join(f'{image.name} {list(image.shape)}' for image in images)
        raise BundleError(f'{path} takes {told}: a classifier takes one image')
    found = from_onnx(tflite_to_onnx(network, str(path)), path, settings)
    image = images[0]
    for name, text in network.attached.items():
        found = found._replace(labels=parse_lines(text, path / name))
    if is_quantised(image):
        # The graph takes the integers less the zero point. 0 to 255 are -128 to 127 where the
        # integers have a sign.
        zero = float(image.quantization.zero_point[0]) - np.iinfo(image.kind).min  # type: ignore[union-attr]
        scaling = Scaling((zero,) * 3, (1.0,) * 3)
        return found._replace(scaling=scaling, because=f'its input is quantised: {_real(image)}')
    if network.normalization is not None:
        found = found._replace(
            scaling=_normalization(network), because='its metadata have the scaling'
        )
    return found


def _real(image: Any) -> str:
    low = unit(image) * (np.iinfo(image.kind).min - int(image.quantization.zero_point[0]))
    return f'0 to 255 are {low:.3g} to {low + 255 * unit(image):.3g}'


def _normalization(network: Network) -> Scaling:
    assert network.normalization is not None
    mean, deviation = (
        values if len(values) == 3 else values[:1] * 3 for values in network.normalization
    )
    return Scaling((mean[0], mean[1], mean[2]), (deviation[0], deviation[1], deviation[2]))


def _plain(model: ModelProto, path: Path) -> ModelProto:
    """Return the model in opset 17, without functions and Constant nodes."""
    model = inliner.inline_local_functions(model) if model.functions else model
    for node in model.graph.node:
        if node.domain not in ('', 'ai.onnx'):
            cure = 'with zipmap=False' if node.op_type == 'ZipMap' else 'without optimisation'
            raise BundleError(
                f'{path} has the operator {node.domain}.{node.op_type}, which is not of ONNX '
                f'itself: export it {cure}, as a plain model'
            )
        if any(attribute.HasField('g') for attribute in node.attribute):
            raise BundleError(
                f'{path} has the control flow {node.op_type}: export it for one size of image, or '
                'simplify it with onnxslim or onnxsim'
            )
    if operator := find_float64(model.SerializeToString(), path.name):
        raise BundleError(
            f'{path} computes in float64, beginning with {operator}: export it in float32 '
            '(torch: model.float(); Keras: set_floatx)'
        )
    _constants_become_initializers(model)
    return _of_opset(model, path)


def _of_opset(model: ModelProto, path: Path) -> ModelProto:
    version = next((o.version for o in model.opset_import if o.domain in ('', 'ai.onnx')), 1)
    if version == OPSET:
        return model
    kept = [node for node in model.graph.node if version > OPSET and _is_alike(node)]
    for node in kept:
        node.domain = _ASIDE
    model.opset_import.append(helper.make_opsetid(_ASIDE, 1))
    try:
        converted: ModelProto = version_converter.convert_version(model, OPSET)
    except Exception as error:  # of ONNX's converter: RuntimeError and others
        raise BundleError(
            f'{path} is of opset {version}, which does not become {OPSET} '
            f'({str(error).strip().splitlines()[-1]}): export it with opset {OPSET}'
        ) from error
    for node in converted.graph.node:
        if node.domain == _ASIDE:
            node.domain = ''
    return converted


def _is_alike(node: NodeProto) -> bool:
    """Say whether a node of a later opset, which ONNX's converter does not know, is of 17, too."""
    if node.op_type == 'Pad':
        return len(node.input) <= 3
    return node.op_type == 'Split' and len(node.input) == 2


def _constants_become_initializers(model: ModelProto) -> None:
    kept = []
    for node in model.graph.node:
        values = [one.t for one in node.attribute if one.name == 'value' and one.HasField('t')]
        if node.op_type == 'Constant' and values:
            tensor = TensorProto()
            tensor.CopyFrom(values[0])
            tensor.name = node.output[0]
            model.graph.initializer.append(tensor)
        else:
            kept.append(node)
    del model.graph.node[:]
    model.graph.node.extend(kept)


def _one_input(model: ModelProto, path: Path) -> ValueInfoProto:
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in weights]
    if len(inputs) != 1:
        raise BundleError(
            f'{path} takes {len(inputs)} inputs, {_told(inputs)}: a classifier takes one image'
        )
    # Old exporters list weights among the inputs.
    del model.graph.input[:]
    model.graph.input.append(inputs[0])
    image: ValueInfoProto = inputs[0]
    return image


def _layout(
    shape: Sequence[int | None], path: Path, settings: ReadSettings
) -> tuple[bool, int, int]:
    if len(shape) != 4 or 3 not in (shape[1], shape[3]):
        what = 'grey pictures' if len(shape) == 4 and 1 in (shape[1], shape[3]) else 'no pictures'
        raise BundleError(
            f'{path} takes {_dimensions(shape)}, {what}: a bundle needs a network of colour '
            'pictures, [batch, 3, height, width] or [batch, height, width, 3]'
        )
    channels_first = shape[1] == 3
    sides = shape[2:] if channels_first else shape[1:3]
    height, width = (settings.size if side is None else side for side in sides)
    if height is None or width is None:
        raise BundleError(f'{path} takes images of any size: give --size, such as --size 224')
    return channels_first, height, width


def _metadata(model: ModelProto) -> tuple[tuple[str, ...] | None, Scaling | None, str]:
    """Return labels and scaling of a classifier that Ultralytics exported; else nothing."""
    values = {entry.key: entry.value for entry in model.metadata_props}
    if values.get('author') != 'Ultralytics' or values.get('task') != 'classify':
        return None, None, ''
    try:
        names = ast.literal_eval(values['names'])
        labels = tuple(str(names[number]) for number in range(len(names)))
    except (KeyError, SyntaxError, TypeError, ValueError):
        labels = None
    return labels, SCALINGS['0..1'], 'exported by Ultralytics, for 0..1'


def _scores(found: ForeignModel, settings: ReadSettings) -> tuple[str, Array]:
    """Return the output that is a row of scores, and such a row.

    Raises:
        BundleError: there is none, or several.
    """
    path, outputs = found.path, found.model.graph.output
    names = [str(value.name) for value in outputs]
    if settings.scores:
        if settings.scores not in names:
            raise BundleError(f'{path} has no output {settings.scores}: it gives {_told(outputs)}')
        names = [settings.scores]
    rows: dict[str, Array] = {}
    for name, result in zip(names, _run(found, names), strict=True):
        if result.ndim >= 2 and result.shape[0] == 1 and result.size == max(result.shape[1:]):
            rows[name] = result
    if not rows:
        raise BundleError(
            f'{path} gives {_told(outputs)}, which is no row of scores for an image: it may be a '
            'detector or a segmenter, and a bundle needs a classifier'
        )
    if len(rows) > 1:
        raise BundleError(
            f'{path} gives several rows, {", ".join(rows)}: name the one of the scores by --scores'
        )
    return next(iter(rows.items()))


def _run(found: ForeignModel, names: Sequence[str]) -> list[Array]:
    """Run a model as it is on an image of noise.

    Raises:
        BundleError: ONNX Runtime refuses it.
    """
    size = [found.height, found.width, 3]
    if found.channels_first:
        size = [3, *size[:2]]
    pixels = np.random.default_rng(0).integers(0, 256, (1, *size))
    kind = _TYPES[found.kind]
    image = pixels.astype(kind) if kind == np.uint8 else (pixels / 127.5 - 1).astype(kind)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(
            found.model.SerializeToString(), options, providers=['CPUExecutionProvider']
        )
        results: list[Array] = session.run(list(names), {found.image: image})
    except Exception as error:  # ORT raises a family of unrelated types
        line = str(error).strip().splitlines()[0]
        raise BundleError(f'{found.path}: ONNX Runtime does not run it: {line}') from error
    return results


def _sizes(value: ValueInfoProto) -> list[int | None]:
    return [size.dim_value or None for size in value.type.tensor_type.shape.dim]


def _told(values: Sequence[ValueInfoProto]) -> str:
    return ' and '.join(f'{value.name} {_dimensions(_sizes(value))}' for value in values)


def _dimensions(shape: Sequence[int | None]) -> str:
    return f'[{", ".join("any" if size is None else str(size) for size in shape)}]'
