# SPDX-License-Identifier: Apache-2.0
"""Read the weights of a bundle's ONNX graph back into Keras' layers."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import keras
import numpy as np
import onnx

from training.errors import TrainingError
from training.export.graph import GraphView, channel_axis
from training.export.layouts import to_tensorflow
from training.networks.weights.loaded import Array, StoredLayer


class _Operation(NamedTuple):
    """A convolution or matrix product in Keras' layout, with its bias."""

    kernel: Array
    bias: Array


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
