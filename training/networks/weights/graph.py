# SPDX-License-Identifier: Apache-2.0
"""Weights in graphs: ONNX, and TensorFlow Lite, which becomes ONNX first.

On export batch norms were folded into convolutions: in Keras' layers each batch norm gets the
convolution's bias and otherwise changes nothing.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
from onnx import ModelProto, NodeProto

from mobilenet_perception.tools.bundle.importer.model import (
    ForeignModel,
    ReadSettings,
    from_onnx,
    read_onnx,
)
from mobilenet_perception.tools.bundle.importer.scaling import (
    SCALINGS,
    Scaling,
    leading_arithmetic,
)
from mobilenet_perception.tools.bundle.importer.tflite.convert import (
    is_quantised,
    tflite_to_onnx,
    unit,
)
from mobilenet_perception.tools.bundle.importer.tflite.file import (
    Network,
    dequantised,
    read_tflite,
)
from training.data.data_set import Array
from training.errors import TrainingError
from training.export.graph import GraphView, channel_axis, to_tensorflow
from training.networks.weights.files import StoredLayer

# Of a graph for any size; weights do not depend on it.
_SIZE = 224
_AFTER = {'Add', 'Sub', 'Mul', 'Div', 'BatchNormalization'}
_BEFORE = {'Pad', 'Conv'}


class Graph(NamedTuple):
    """What a graph holds.

    Attributes:
        operations: convolutions and matrix products, in order: kernel and bias, in Keras' layout.
        scaling: what it is given for pixels, all steps before its first convolution together;
            None: the file does not tell.
        size: the shorter side of its input, in pixels.
    """

    operations: list[StoredLayer]
    scaling: Scaling | None
    size: int


def onnx_weights(path: Path) -> Graph:
    """Read an ONNX file.

    Raises:
        PerceptionError: it is none, not a classifier of images, or quantised.
    """
    return _graph(read_onnx(path, ReadSettings(_SIZE)))


def tflite_weights(path: Path) -> Graph:
    """Read a TensorFlow Lite file; of a quantised one, the real numbers that integers stand for.

    Raises:
        PerceptionError: it is none, or not a classifier of images.
    """
    network = read_tflite(path)
    model = tflite_to_onnx(dequantised(network), str(path))
    found = from_onnx(model, path, ReadSettings(_SIZE))
    return _graph(found._replace(scaling=_told(network) or found.scaling))


def bundle_weights(model: ModelProto, source: str) -> Graph:
    """Read a variant of a bundle, which takes pixels as they are.

    Args:
        model: of FP32.
        source: where it is from, for messages.

    Raises:
        TrainingError: it is quantised, or does more to pixels than to scale them.
    """
    (image,) = model.graph.input
    sides = [size.dim_value for size in image.type.tensor_type.shape.dim[1:3]]
    return Graph(
        operations(model, source), _whole_scaling(model, image.name, SCALINGS['none'], source),
        min(sides),
    )  # fmt: skip


def keras_layers(found: Sequence[StoredLayer], network: keras.Model) -> list[StoredLayer]:
    """Return layers for `network` that compute what the operations of a graph do.

    Operations that are too many come last, as they are; layers that are too many are left out.

    Args:
        found: operations in order.
        network: tells where batch norms are.
    """
    rest = iter(found)
    layers: list[StoredLayer] = []
    bias: Array | None = None
    for layer in network.layers:
        if not layer.weights:
            continue
        if isinstance(layer, keras.layers.BatchNormalization):
            layers.append(StoredLayer(layer.name, _identity(layer, bias)))
            bias = None
            continue
        try:
            name, arrays, bias = _arrays(layer, rest)
        except StopIteration:
            break
        layers.append(StoredLayer(name, arrays))
    return [*layers, *rest]


def operations(model: ModelProto, source: str) -> list[StoredLayer]:
    """Return convolutions and matrix products with what is folded into them: batch norms, scales.

    Raises:
        TrainingError: the graph is quantised.
    """
    view = GraphView(model)
    found: list[StoredLayer] = []
    # By the value that it gives so far, the place of an operation.
    ends: dict[str, int] = {}
    for node in view.nodes:
        constants = [view.constants[name] for name in node.input if name in view.constants]
        _refuse_integers(node, source)
        if node.op_type == 'Softmax':
            break  # what follows merges probabilities
        if node.op_type == 'Conv' and constants:
            kernel = to_tensorflow(constants[0], node)
            ends[node.output[0]] = len(found)
            found.append(_operation(node, kernel, constants, len(constants[0])))
        elif node.op_type in {'MatMul', 'Gemm'} and constants:
            kernel = constants[0] if channel_axis(node) == 1 else constants[0].T
            ends[node.output[0]] = len(found)
            found.append(_operation(node, kernel, constants, kernel.shape[1]))
        elif node.op_type in _AFTER and constants:
            before = node.input[0] if node.input[0] in ends else node.input[1]
            swapped = before != node.input[0] and node.op_type in {'Sub', 'Div'}
            if before in ends and len(view.users[before]) == 1 and not swapped:
                place = ends[before]
                found[place] = _folded(node, found[place], constants, view)
                ends[node.output[0]] = place
    return found


def _graph(found: ForeignModel) -> Graph:
    source = str(found.path)
    scaling = found.scaling and _whole_scaling(found.model, found.image, found.scaling, source)
    return Graph(operations(found.model, source), scaling, min(found.height, found.width))


def _told(network: Network) -> Scaling | None:
    """Return the scaling that a quantised input, or metadata, tell of."""
    image = network.tensors[network.inputs[0]]
    if network.normalization is not None:
        mean, deviation = (values * (3 // len(values)) for values in network.normalization)
        return Scaling((mean[0], mean[1], mean[2]), (deviation[0], deviation[1], deviation[2]))
    if not is_quantised(image):
        return None
    zero = float(image.quantization.zero_point[0]) - np.iinfo(image.kind).min  # type: ignore[union-attr]
    return Scaling((zero,) * 3, (1 / unit(image),) * 3)


def _whole_scaling(model: ModelProto, image: str, given: Scaling, source: str) -> Scaling:
    """Return what pixels are before the first convolution.

    Args:
        model: the graph.
        image: its input.
        given: what pixels are there.
        source: for messages.

    Raises:
        TrainingError: that is no matter of scaling.
    """
    view = GraphView(model)
    factor, offset, value = leading_arithmetic(view, image)
    others = {node.op_type for node in view.users.get(value, [])} - _BEFORE
    if others:
        raise TrainingError(
            f'{source} does {", ".join(sorted(others))} to images before its first convolution, '
            'which a network that is trained here does not: it can be a bundle, but not weights'
        )
    mean, deviation = (np.array(part, np.float64) for part in given)
    factor, offset = (np.broadcast_to(part, 3) for part in (factor, offset))
    deviation = deviation / factor
    mean = mean - offset * deviation
    return Scaling((mean[0], mean[1], mean[2]), (deviation[0], deviation[1], deviation[2]))


def _refuse_integers(node: NodeProto, source: str) -> None:
    if node.op_type in {'QuantizeLinear', 'DequantizeLinear', 'QLinearConv', 'ConvInteger'}:
        raise TrainingError(f'{source} is quantised: take weights from an FP32 variant')
    if node.op_type == 'Round':
        raise TrainingError(
            f'{source} rounds as the quantised model does that it was made of: give the .tflite '
            'file of that, whose weights are taken for real numbers'
        )


def _operation(
    node: NodeProto, kernel: Array, constants: Sequence[Array], channels: int
) -> StoredLayer:
    bias = constants[1] if len(constants) > 1 else np.zeros(channels, np.float32)
    return StoredLayer(node.name or node.output[0], (kernel, bias.ravel()))


def _folded(
    node: NodeProto, before: StoredLayer, constants: Sequence[Array], view: GraphView
) -> StoredLayer:
    """Fold a batch norm, a bias, or a scale such as the temperature, into an operation."""
    kernel, bias = before.arrays
    factor: Array = np.ones(1, np.float32)
    offset: Array = np.zeros(1, np.float32)
    if node.op_type == 'BatchNormalization':
        gamma, beta, mean, variance = (view.constants[name] for name in node.input[1:5])
        epsilon = next((a.f for a in node.attribute if a.name == 'epsilon'), 1e-5)
        factor = gamma / np.sqrt(variance + epsilon)
        offset = beta - mean * factor
    elif node.op_type == 'Add':
        offset = constants[0].ravel()
    elif node.op_type == 'Sub':
        offset = -constants[0].ravel()
    else:
        factor = constants[0].ravel() if node.op_type == 'Mul' else 1 / constants[0].ravel()
    # A depthwise kernel has its channels last but one.
    by_channel = factor[:, None] if kernel.ndim == 4 and kernel.shape[3] == 1 else factor
    return before._replace(arrays=(kernel * by_channel, bias * factor + offset))


def _arrays(
    layer: keras.layers.Layer, rest: Iterator[StoredLayer]
) -> tuple[str, tuple[Array, ...], Array | None]:
    """Return a layer's weights, and the bias that is left for the batch norm after it."""
    name, (kernel, bias) = next(rest)
    kernels = [kernel]
    if isinstance(layer, keras.layers.SeparableConv2D):
        _, (pointwise, bias) = next(rest)
        kernels.append(pointwise)
    return (name, (*kernels, bias), None) if layer.use_bias else (name, tuple(kernels), bias)


def _identity(layer: keras.layers.BatchNormalization, bias: Array | None) -> tuple[Array, ...]:
    channels = layer.gamma.shape[0]
    zeros, ones = np.zeros(channels, np.float32), np.ones(channels, np.float32)
    beta = zeros if bias is None else bias
    return ones, beta, zeros, ones - np.float32(layer.epsilon)
