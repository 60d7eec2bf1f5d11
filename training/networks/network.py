# SPDX-License-Identifier: Apache-2.0
"""Build a network by the name of its architecture."""

from typing import NamedTuple

import keras

from training.errors import TrainingError
from training.networks import (
    comparison,
    mobilenet_v1,
    mobilenet_v2,
    mobilenet_v3,
    mobilenet_v4,
    separable_cnn,
)
from training.networks.layers import Builder, NetworkSettings
from training.networks.modifications import MODIFICATION_VALUES, check_modifications

# Keras' 0.99 to 0.999 remember up to a thousand steps: too long for a training of a few thousand.
_BATCH_NORM_MOMENTUM = 0.98


class Architecture(NamedTuple):
    """How a network is built, and what `NetworkSettings.modify` may change in it."""

    build: Builder
    modifications: tuple[str, ...] = ()


_ALL = tuple(name for name in MODIFICATION_VALUES if name != 'flatten')
_WITHOUT_EXPANSION = tuple(name for name in _ALL if name != 'expansion')
ARCHITECTURES: dict[str, Architecture] = {
    'mobilenet_v1': Architecture(mobilenet_v1.build, _WITHOUT_EXPANSION),
    'mobilenet_v2': Architecture(mobilenet_v2.build, _ALL),
    **{
        f'mobilenet_v3_{size}{suffix}': Architecture(
            mobilenet_v3.builder(size, minimalistic=bool(suffix)), _ALL
        )
        for size in ('large', 'small')
        for suffix in ('', '_minimalistic')
    },
    'mobilenet_v4_conv_small': Architecture(mobilenet_v4.build_conv_small, _ALL),
    'mobilenet_v4_conv_medium': Architecture(mobilenet_v4.build_conv_medium, _ALL),
    'separable_cnn': Architecture(separable_cnn.build, ('kernel_size', 'activation', 'flatten')),
    **{name: Architecture(build) for name, build in comparison.builders().items()},
}
MODIFICATIONS = {name: each.modifications for name, each in ARCHITECTURES.items()}


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
