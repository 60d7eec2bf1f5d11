# SPDX-License-Identifier: Apache-2.0
"""Parameters and multiply-adds of a Keras network, counted as the MobileNet papers do."""

import math
from collections.abc import Iterator

import keras

from training.errors import TrainingError


def parameters(model: keras.Model) -> int:
    """Return the number of learned weights, frozen or not, without batch norms' running averages.

    That is what papers count, and what is left, up to a few, once batch norms are folded.
    """
    return sum(
        math.prod(weight.shape)
        for layer in _layers(model)
        for weight in layer.weights
        if not weight.path.endswith(('moving_mean', 'moving_variance', 'seed_generator_state'))
    )


def multiply_adds(model: keras.Model) -> int:
    """Return the multiply-adds of one image through convolutions and dense layers.

    Biases, batch norms (folded on export), activations and pooling do not count.

    Raises:
        TrainingError: the network takes images of any size.
    """
    return sum(_multiply_adds(layer) for layer in _layers(model))


def _layers(model: keras.Model) -> Iterator[keras.layers.Layer]:
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _layers(layer)
        else:
            yield layer


def _multiply_adds(layer: keras.layers.Layer) -> int:
    if isinstance(layer, keras.layers.Dense):
        # Once for each place, if there are several.
        return _values(layer) * int(layer.kernel.shape[0])
    if isinstance(layer, keras.layers.DepthwiseConv2D):
        return _values(layer) * int(math.prod(layer.kernel_size))
    if isinstance(layer, keras.layers.SeparableConv2D):
        kernels = (layer.depthwise_kernel, layer.pointwise_kernel)
        per_pixel = sum(int(math.prod(kernel.shape)) for kernel in kernels)
        return _values(layer) // int(layer.filters) * per_pixel
    if isinstance(layer, keras.layers.Conv2D):
        # The kernel: height, width, inputs of one group, outputs.
        return _values(layer) * int(math.prod(layer.kernel.shape[:3]))
    return 0


def _values(layer: keras.layers.Layer) -> int:
    """Return how many numbers a layer puts out for one image."""
    shape = layer.output.shape[1:]
    if None in shape:
        raise TrainingError(
            'multiply-adds depend on the size of images: build the network with height and width'
        )
    return int(math.prod(shape))
