# SPDX-License-Identifier: Apache-2.0
"""Weights trained on ImageNet, as `keras.applications` downloads them."""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras

from training.errors import TrainingError
from training.networks.comparison import FAMILIES
from training.networks.settings import NetworkSettings
from training.networks.weights.loaded import StoredLayer, layers_of

_LARGE, _SMALL = keras.applications.MobileNetV3Large, keras.applications.MobileNetV3Small
_MOBILENETS: dict[str, Callable[..., keras.Model]] = {
    'mobilenet_v1': keras.applications.MobileNet,
    'mobilenet_v2': keras.applications.MobileNetV2,
    'mobilenet_v3_large': _LARGE,
    'mobilenet_v3_small': _SMALL,
    'mobilenet_v3_large_minimalistic': partial(_LARGE, minimalistic=True),
    'mobilenet_v3_small_minimalistic': partial(_SMALL, minimalistic=True),
}
# V1 and V2 have weights for several sizes; those of 224 are taken for any other.
_SIZES = {'mobilenet_v1': (128, 160, 192, 224), 'mobilenet_v2': (96, 128, 160, 192, 224)}


def imagenet_layers(architecture: str, settings: NetworkSettings) -> list[StoredLayer]:
    """Return the weights of all layers, with the classifier of 1000 classes.

    Raises:
        TrainingError: there are none for this architecture or width, or no connection.
    """
    application, options = _application(architecture, settings)
    try:
        return layers_of(application(weights='imagenet', **options))
    except ValueError as error:
        raise TrainingError(
            f'there are no imagenet weights of {architecture} with alpha {settings.alpha}: {error}'
        ) from error
    except Exception as error:  # what keras.utils.get_file raises
        raise TrainingError(
            f'imagenet weights of {architecture} are downloaded by Keras, and this machine cannot '
            f'reach them ({error}): fetch that file on another machine and give its path instead'
        ) from error


def _application(
    architecture: str, settings: NetworkSettings
) -> tuple[Callable[..., keras.Model], dict[str, Any]]:
    if architecture in FAMILIES:
        return FAMILIES[architecture].application, {}
    if architecture not in _MOBILENETS:
        raise TrainingError(
            f'there are no imagenet weights of {architecture}: there are for '
            f'{", ".join([*_MOBILENETS, *FAMILIES])}; or give a path'
        )
    square = settings.height if settings.height == settings.width else None
    size = square if square in _SIZES.get(architecture, ()) else 224
    return _MOBILENETS[architecture], {'alpha': settings.alpha, 'input_shape': (size, size, 3)}
