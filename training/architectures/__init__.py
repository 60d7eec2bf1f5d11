# SPDX-License-Identifier: Apache-2.0
"""Networks by name: each takes raw 0 to 255 RGB, scales it inside, and gives logits."""

from collections.abc import Callable
from typing import NamedTuple

import keras

from training.architectures import mobilenet_v2, separable_cnn
from training.errors import TrainingError


class NetworkSettings(NamedTuple):
    """What an architecture may vary: input size in pixels, width multiplier, outputs, dropout.

    A size of None takes images of any size whose sides are multiples of 32.
    """

    height: int | None
    width: int | None
    alpha: float
    classes: int
    dropout: float


ARCHITECTURES: dict[str, Callable[..., keras.Model]] = {
    'mobilenet_v2': mobilenet_v2.build,
    'separable_cnn': separable_cnn.build,
}


def build_network(architecture: str, settings: NetworkSettings) -> keras.Model:
    """Return an untrained network.

    Raises:
        TrainingError: there is no architecture of this name.
    """
    if architecture not in ARCHITECTURES:
        raise TrainingError(
            f'there is no architecture {architecture!r}: choose one of {", ".join(ARCHITECTURES)}'
        )
    return ARCHITECTURES[architecture](*settings)
