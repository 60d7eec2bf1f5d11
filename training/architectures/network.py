# SPDX-License-Identifier: Apache-2.0
"""Build a network by the name of its architecture."""

from typing import NamedTuple

import keras

from training.architectures import mobilenet_v2, mobilenet_v4, separable_cnn
from training.architectures.modifications import MODIFICATION_VALUES, check_modifications
from training.architectures.settings import Builder, NetworkSettings
from training.errors import TrainingError

# Keras' 0.99 to 0.999 remember up to a thousand steps: too long for a training of a few thousand.
_BATCH_NORM_MOMENTUM = 0.98


class Architecture(NamedTuple):
    """How a network is built, and what `NetworkSettings.modify` may change in it."""

    build: Builder
    modifications: tuple[str, ...] = ()


_ALL = tuple(MODIFICATION_VALUES)
ARCHITECTURES: dict[str, Architecture] = {
    'mobilenet_v2': Architecture(mobilenet_v2.build),
    'mobilenet_v4_conv_small': Architecture(mobilenet_v4.build_conv_small, _ALL),
    'mobilenet_v4_conv_medium': Architecture(mobilenet_v4.build_conv_medium, _ALL),
    'separable_cnn': Architecture(separable_cnn.build),
}
MODIFICATIONS = {name: each.modifications for name, each in ARCHITECTURES.items()}


def build_network(architecture: str, settings: NetworkSettings) -> keras.Model:
    """Return an untrained network.

    Its input layer `image` takes (batch, height, width, 3) RGB, 0 to 255; its last layer `logits`
    gives (batch, classes).

    Raises:
        TrainingError: there is no architecture of this name, or it cannot be modified so.
    """
    if architecture not in ARCHITECTURES:
        raise TrainingError(
            f'there is no architecture {architecture!r}: choose one of {", ".join(ARCHITECTURES)}'
        )
    build, modifications = ARCHITECTURES[architecture]
    check_modifications(architecture, modifications, settings.modify)
    network = build(settings)
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = _BATCH_NORM_MOMENTUM
    return network
