# SPDX-License-Identifier: Apache-2.0
"""Parameters and multiply-adds of a Keras network, counted as the MobileNet papers do."""

import math

import keras


def multiply_adds(model: keras.Model) -> int:
    """Return the multiply-adds of one image through convolutions and dense layers.

    Biases, batch norms (folded on export) and activations do not count.
    """
    total = 0
    for layer in model._flatten_layers(include_self=False):
        if isinstance(layer, keras.layers.DepthwiseConv2D):
            total += math.prod(layer.output.shape[1:]) * math.prod(layer.kernel_size)
        elif isinstance(layer, keras.layers.Conv2D):
            inputs = layer.kernel.shape[2]
            total += math.prod(layer.output.shape[1:]) * math.prod(layer.kernel_size) * inputs
        elif isinstance(layer, keras.layers.Dense):
            total += math.prod(layer.kernel.shape)
    return total
