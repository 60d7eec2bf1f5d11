# SPDX-License-Identifier: Apache-2.0
"""Networks whose weights are random, batch norms included, as if they were trained."""

import keras
import numpy as np

from training.data.data_set import Pixels
from training.networks import NetworkSettings, build_network


def network(
    architecture: str = 'mobilenet_v2',
    size: int = 32,
    alpha: float = 0.35,
    classes: int = 7,
    seed: int = 0,
    **modify: int | float | bool | str,
) -> keras.Model:
    """Return a network whose folding shows: batch norms and biases differ from their start."""
    keras.utils.set_random_seed(seed)
    model = build_network(architecture, NetworkSettings(size, size, alpha, classes, 0.2, modify))
    random = np.random.default_rng(seed)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            gamma, beta, mean, variance = layer.get_weights()
            layer.set_weights(
                [
                    random.uniform(0.8, 1.5, gamma.shape),
                    random.normal(0, 0.2, beta.shape),
                    random.normal(0, 0.2, mean.shape),
                    random.uniform(0.3, 1.2, variance.shape),
                ]
            )
        if isinstance(layer, keras.layers.Dense):
            kernel, bias = layer.get_weights()
            # Answers that differ from image to image.
            layer.set_weights([kernel * 5, random.normal(0, 0.1, bias.shape)])
    return model


def images(count: int, size: int = 32) -> Pixels:
    """Return random (count, size, size, 3) uint8 RGB, each of its own mean and contrast."""
    random = np.random.default_rng(1)
    coarse = random.uniform(0, 255, (count, 4, 4, 3)).repeat(size // 4, 1).repeat(size // 4, 2)
    noise = random.normal(0, random.uniform(2, 40, (count, 1, 1, 1)), (count, size, size, 3))
    return np.asarray(np.clip(coarse + noise, 0, 255), np.uint8)
