# SPDX-License-Identifier: Apache-2.0
"""Networks to test."""

from functools import lru_cache
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from training.networks import NetworkSettings, build_network


@lru_cache(maxsize=16)
def network(
    architecture: str,
    size: int | None = 64,
    alpha: float = 0.35,
    classes: int = 5,
    **modify: Any,
) -> keras.Model:
    """Return a network for square images; tests share it, and may set its weights."""
    return build_network(architecture, NetworkSettings(size, size, alpha, classes, 0.2, modify))


def random_weights(of: keras.Model, seed: int = 0) -> list[npt.NDArray[np.float32]]:
    """Return weights that make every layer matter; new ones, of batch norms too, are alike."""
    random = np.random.default_rng(seed)
    return [np.abs(random.normal(0.2, 0.2, weight.shape)) + 0.02 for weight in of.weights]


def image(size: int = 64, batch: int = 2) -> npt.NDArray[np.float32]:
    """Return noise, RGB of 0 to 255."""
    random = np.random.default_rng(1)
    return random.integers(0, 256, (batch, size, size, 3)).astype(np.float32)
