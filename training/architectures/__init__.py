# SPDX-License-Identifier: Apache-2.0
"""Networks by name: each takes raw 0 to 255 RGB, scales it inside, and gives logits."""

from collections.abc import Callable
from typing import NamedTuple

import keras

from training.architectures import mobilenet_v2
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


Architecture = Callable[[NetworkSettings], keras.Model]

ARCHITECTURES: dict[str, Architecture] = {
    'mobilenet_v2': lambda s: mobilenet_v2.build(s.height, s.width, s.alpha, s.classes, s.dropout),
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
    return ARCHITECTURES[architecture](settings)
