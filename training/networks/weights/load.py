# SPDX-License-Identifier: Apache-2.0
"""Load weights into a network: ImageNet's, or from a file, a run or a bundle."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import keras
import onnx

from mobilenet_perception.inference.bundle import load_bundle
from training.errors import TrainingError
from training.networks.comparison import FAMILIES
from training.networks.layers import NetworkSettings
from training.networks.weights.assign import Loaded, StoredLayer, assign, layers_of
from training.networks.weights.files import read_hdf5, read_onnx

_HDF5 = ('.h5', '.hdf5')
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


def load_weights(network: keras.Model, source: str | Path, settings: NetworkSettings) -> Loaded:
    """Set the weights of a network of `build_network`; say `str()` of what is returned.

    Where the number of classes differs, the last layer keeps its random weights.

    Args:
        network: gets the weights.
        source: `imagenet`; or a file of Keras (`.h5` of Keras 2 with or without its last layers,
            `.weights.h5`, `.keras`); or a run folder; or a bundle, whose batch norms come back
            folded into the convolutions before them.
        settings: that the network was built with.

    Raises:
        TrainingError: there are no such weights, or they do not fit, and what they look like.
    """
    if source == 'imagenet':
        return assign(network, imagenet_layers(network.name, settings), 'imagenet')
    path = Path(source)
    return assign(network, _stored(path, network, settings), str(path))


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


def _stored(path: Path, network: keras.Model, settings: NetworkSettings) -> list[StoredLayer]:
    if (path / 'bundle.json').is_file():
        return _bundle_layers(path, network, settings)
    if path.is_dir():
        if (path / 'model.keras').is_file():
            return _keras_layers(path / 'model.keras')
        raise TrainingError(
            f'{path} is neither a run that has ended (it has no model.keras) nor a bundle'
        )
    if not path.is_file():
        raise TrainingError(f'there are no weights {str(path)!r}: give imagenet or a path')
    if path.suffix in _HDF5:
        return read_hdf5(path, network)
    if path.suffix == '.keras':
        return _keras_layers(path)
    raise TrainingError(f'{path} is not of a known kind: give a .h5, .weights.h5 or .keras file')


def _keras_layers(path: Path) -> list[StoredLayer]:
    try:
        # Safe mode, the default, refuses code in the file.
        return layers_of(keras.models.load_model(path, compile=False))
    except Exception as error:
        raise TrainingError(f'{path} cannot be loaded by Keras: {error}') from error


def _bundle_layers(
    path: Path, network: keras.Model, settings: NetworkSettings
) -> list[StoredLayer]:
    bundle = load_bundle(path)
    for variant in bundle.manifest.variants:
        same = (variant.architecture, variant.alpha) == (network.name, settings.alpha)
        if same and variant.precision == 'fp32':
            model = onnx.load_from_string(bundle.models[variant.name])
            return read_onnx(model, network, f'{path}/{variant.file}')
    offered = ', '.join(
        f'{variant.architecture} with alpha {variant.alpha} in {variant.precision}'
        for variant in bundle.manifest.variants
    )
    raise TrainingError(
        f'{path} has no FP32 variant of {network.name} with alpha {settings.alpha}: '
        f'it has {offered}'
    )


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
