# SPDX-License-Identifier: Apache-2.0
"""Build a network by the name of its architecture."""

from importlib import import_module

import keras

from training.errors import TrainingError
from training.networks.layers import NetworkSettings
from training.networks.modifications import Architecture, check_modifications

# A file each, which names its architectures in ARCHITECTURES.
_FILES = (
    'mobilenet_v1',
    'mobilenet_v2',
    'mobilenet_v3',
    'mobilenet_v4',
    'separable_cnn',
    'comparison',
)
ARCHITECTURES: dict[str, Architecture] = {
    name: architecture
    for file in _FILES
    for name, architecture in import_module(f'training.networks.{file}').ARCHITECTURES.items()
}
MODIFICATIONS = {name: each.modifications for name, each in ARCHITECTURES.items()}
# Keras' 0.99 to 0.999 remember up to a thousand steps: too long for a training of a few thousand.
_BATCH_NORM_MOMENTUM = 0.98


def build_network(architecture: str, settings: NetworkSettings) -> keras.Model:
    """Return an untrained network.

    Its input layer `image` takes (batch, height, width, 3) RGB, 0 to 255; its last layer `logits`
    gives (batch, classes).

    Raises:
        TrainingError: there is no architecture of this name, or not with these settings.
    """
    if architecture not in ARCHITECTURES:
        raise TrainingError(
            f'there is no architecture {architecture!r}: choose one of {", ".join(ARCHITECTURES)}'
        )
    build, modifications = ARCHITECTURES[architecture]
    _check(settings)
    check_modifications(architecture, modifications, settings.modify)
    try:
        network = build(settings)
    except ValueError as error:
        size = f'{settings.height} x {settings.width} pixels'
        raise TrainingError(f'{architecture} cannot be built for {size}: {error}') from error
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = _BATCH_NORM_MOMENTUM
    return network


def _check(settings: NetworkSettings) -> None:
    for name, accepted, allowed in (
        ('height', settings.height is None or settings.height > 0, 'above 0, or None'),
        ('width', settings.width is None or settings.width > 0, 'above 0, or None'),
        ('alpha', 0 < settings.alpha <= 4, 'above 0 and at most 4'),
        ('classes', settings.classes > 0, 'above 0'),
        ('dropout', 0 <= settings.dropout < 1, 'from 0 to below 1'),
    ):
        if not accepted:
            raise TrainingError(f'{name} is {getattr(settings, name)}: it must be {allowed}')
