# SPDX-License-Identifier: Apache-2.0
"""Load weights into a network: by name, from a file, from a run or from a bundle."""

from pathlib import Path

import keras
import onnx

from mobilenet_perception.inference.bundle import load_bundle
from training.errors import TrainingError
from training.networks.settings import NetworkSettings
from training.networks.weights.assign import assign
from training.networks.weights.hdf5_file import read_hdf5
from training.networks.weights.imagenet import imagenet_layers
from training.networks.weights.loaded import Loaded, StoredLayer, layers_of
from training.networks.weights.onnx_file import read_onnx

_HDF5 = ('.h5', '.hdf5')


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
