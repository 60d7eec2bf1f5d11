# SPDX-License-Identifier: Apache-2.0
"""Weights in files: HDF5 of Keras 2 and Keras 3, and ONNX, without building what they describe."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import keras
import numpy as np
import onnx

from training.data.data_set import Array
from training.errors import TrainingError
from training.export.graph import GraphView, channel_axis, to_tensorflow


class StoredLayer(NamedTuple):
    """A layer's name and weights, in Keras' order and layout."""

    name: str
    arrays: tuple[Array, ...]


class _Operation(NamedTuple):
    """A convolution or matrix product in Keras' layout, with its bias."""

    kernel: Array
    bias: Array


def layers_of(network: keras.Model) -> list[StoredLayer]:
    """Return the weights of a Keras network's layers; layers without any are left out."""
    return [
        StoredLayer(layer.name, tuple(np.asarray(array) for array in layer.get_weights()))
        for layer in network.layers
        if layer.weights
    ]


def read_hdf5(path: Path, network: keras.Model | None = None) -> list[StoredLayer]:
    """Return the layers with weights of a `.h5` or `.weights.h5` file, in order.

    Args:
        path: a whole model or weights alone, as Keras 2 wrote them, or weights of Keras 3.
        network: tells the order of layers in files of Keras 3, which do not; None: such a file
            has no layers then.

    Raises:
        TrainingError: the file is not HDF5, or not of Keras.
    """
    try:
        with h5py.File(path, 'r') as file:
            if 'layers' in file:
                return [] if network is None else _keras3_layers(file['layers'], network)
            return _keras2_layers(file, path)
    except OSError as error:
        raise TrainingError(f'{path} cannot be read as HDF5: {error}') from error


def read_onnx(model: onnx.ModelProto, network: keras.Model, source: str) -> list[StoredLayer]:
    """Return layers for `network` that compute what the graph does.

    On export batch norms were folded into convolutions: here each batch norm gets the
    convolution's bias and otherwise changes nothing. The temperature is folded into the last
    layer.

    Args:
        model: FP32 graph, exported from a network of the same architecture.
        network: tells where batch norms are.
        source: where the graph comes from, for messages.

    Raises:
        TrainingError: the graph has not as many convolutions as the network, or is quantised.
    """
    operations = iter(_operations(model, source))
    layers: list[StoredLayer] = []
    bias: Array | None = None
    try:
        for layer in network.layers:
            if not layer.weights:
                continue
            if isinstance(layer, keras.layers.BatchNormalization):
                layers.append(StoredLayer(layer.name, _identity(layer, bias)))
                bias = None
                continue
            arrays, bias = _arrays(layer, operations)
            layers.append(StoredLayer(layer.name, arrays))
    except StopIteration as error:
        raise TrainingError(f'{source} has fewer layers than {network.name}') from error
    if next(operations, None) is not None:
        raise TrainingError(f'{source} has more layers than {network.name}')
    return layers


def _keras2_layers(file: Any, path: Path) -> list[StoredLayer]:
    """Return the layers of an open file of Keras 2.

    Raises:
        TrainingError: there are none.
    """
    group = file.get('model_weights', file)
    if 'layer_names' not in group.attrs:
        raise TrainingError(f'{path} holds no weights of Keras: give a file that Keras saved')
    layers = []
    for name in map(_text, group.attrs['layer_names']):
        arrays = tuple(
            np.asarray(group[name][_text(weight)]) for weight in group[name].attrs['weight_names']
        )
        if arrays:
            layers.append(StoredLayer(name, arrays))
    return layers


def _keras3_layers(group: Any, network: keras.Model) -> list[StoredLayer]:
    """Return layers in the order of `network`: the file counts layers by their class."""
    layers = []
    counts: Counter[str] = Counter()
    for layer in network.layers:
        kind = _snake_case(type(layer).__name__)
        key = f'{kind}_{counts[kind]}' if counts[kind] else kind
        counts[kind] += 1
        variables = group[key].get('vars', {}) if key in group else {}
        if len(variables):
            arrays = tuple(np.asarray(variables[name]) for name in sorted(variables, key=int))
            layers.append(StoredLayer(key, arrays))
    return layers


def _snake_case(name: str) -> str:
    words = re.sub(r'(.)([A-Z][a-z]+)', r'\1_\2', name)
    return re.sub(r'([a-z])([A-Z])', r'\1_\2', words).lower()


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _arrays(
    layer: keras.layers.Layer, operations: Iterator[_Operation]
) -> tuple[tuple[Array, ...], Array | None]:
    """Return a layer's weights, and the bias that is left for the batch norm after it."""
    kernel, bias = next(operations)
    if isinstance(layer, keras.layers.SeparableConv2D):
        pointwise, bias = next(operations)
        return ((kernel, pointwise, bias), None) if layer.use_bias else ((kernel, pointwise), bias)
    return ((kernel, bias), None) if layer.use_bias else ((kernel,), bias)


def _identity(layer: keras.layers.BatchNormalization, bias: Array | None) -> tuple[Array, ...]:
    channels = layer.gamma.shape[0]
    zeros, ones = np.zeros(channels, np.float32), np.ones(channels, np.float32)
    beta = zeros if bias is None else bias
    return ones, beta, zeros, ones - np.float32(layer.epsilon)


def _operations(model: onnx.ModelProto, source: str) -> list[_Operation]:
    view = GraphView(model)
    found: list[_Operation] = []
    for node in view.nodes:
        weights = [view.constants[name] for name in node.input if name in view.constants]
        if node.op_type in {'QuantizeLinear', 'DequantizeLinear'}:
            raise TrainingError(f'{source} is quantised: take weights from an FP32 variant')
        if node.op_type == 'Softmax':
            break  # what follows merges probabilities
        if node.op_type == 'Conv':
            kernel = to_tensorflow(weights[0], node)
            found.append(_Operation(kernel, _bias(weights, len(weights[0]))))
        elif node.op_type in {'MatMul', 'Gemm'} and weights:
            kernel = weights[0] if channel_axis(node) == 1 else weights[0].T
            found.append(_Operation(kernel, _bias(weights, kernel.shape[1])))
        elif node.op_type in {'Add', 'Mul', 'Div'} and found and found[-1].kernel.ndim == 2:
            found[-1] = _after_product(node.op_type, found[-1], weights)
    return found


def _bias(weights: Sequence[Array], channels: int) -> Array:
    return weights[1] if len(weights) > 1 else np.zeros(channels, np.float32)


def _after_product(kind: str, product: _Operation, weights: Sequence[Array]) -> _Operation:
    """Fold a bias, or a scale such as the temperature, into the product before it."""
    if kind == 'Add':
        return product._replace(bias=product.bias + weights[0])
    scale = weights[0] if kind == 'Mul' else 1 / weights[0]
    return _Operation(product.kernel * scale, product.bias * scale)
