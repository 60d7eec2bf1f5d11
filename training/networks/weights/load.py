# SPDX-License-Identifier: Apache-2.0
"""Load weights into a network, layer by layer: ImageNet's, or from a file, a run or a bundle.

What does not fit is said, with a guess of the architecture that it is of.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import keras
import onnx

from mobilenet_perception.inference.bundle import load_bundle
from mobilenet_perception.tools.bundle.onnx_graph import recognise
from training.data.data_set import Array
from training.errors import TrainingError
from training.networks.comparison import FAMILIES
from training.networks.layers import NetworkSettings
from training.networks.structure import HEAD, TOP, layers_by_block
from training.networks.weights.files import StoredLayer, layers_of, read_hdf5, read_onnx
from training.networks.weights.keras2 import is_of_keras2, load_keras2_model

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


class LoadedWeights(NamedTuple):
    """What was loaded.

    Attributes:
        source: in words.
        layers: how many layers have their weights from it.
        random: names of the layers that keep their random weights.
    """

    source: str
    layers: int
    random: tuple[str, ...]

    def __str__(self) -> str:
        """Say it in one sentence."""
        sentence = f'weights of {self.layers} layers are from {self.source}'
        if not self.random:
            return sentence
        return f'{sentence}; {", ".join(self.random)} keep random weights, and must be trained'


def load_weights(
    network: keras.Model, source: str | Path, settings: NetworkSettings
) -> LoadedWeights:
    """Set the weights of a network of `build_network`; say `str()` of what is returned.

    Where the number of classes differs, the last layer keeps its random weights.

    Args:
        network: gets the weights.
        source: `imagenet`; or a file of Keras (`.h5` of Keras 2 with or without its last layers,
            `.weights.h5`, `.keras` of both); or a run folder; or a bundle, whose batch norms come
            back folded into the convolutions before them.
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


def assign(network: keras.Model, stored: Sequence[StoredLayer], source: str) -> LoadedWeights:
    """Set the weights of `network`, all or none.

    Layers are matched in order, not by name, and must fit in shape. Only the last layer may
    differ, in its number of classes, and the layers of `top` and `head` may be missing at the
    end of what is stored: they keep their weights.

    Args:
        network: gets the weights.
        stored: layers with weights, in the order of the network.
        source: where they come from, for messages.

    Raises:
        TrainingError: the weights are of another architecture or width.
    """
    own = [layer for layer in network.layers if layer.weights]
    by_block = layers_by_block(network)
    ends = [layer for block in (TOP, HEAD) for layer in by_block.get(block, [])]
    values = []
    for position, layer in enumerate(own):
        if position >= len(stored):
            if layer in ends:
                continue
            raise _unfit(network, stored, source, f'it ends before {layer.name}')
        arrays = _fitted(layer, stored[position].arrays)
        if arrays is not None:
            values.append((layer, arrays))
        elif layer is not own[-1]:
            found, taken = _shapes(stored[position].arrays), _shapes(layer.weights)
            why = (
                f'its layer {stored[position].name} holds {found}, and {layer.name} takes {taken}'
            )
            raise _unfit(network, stored, source, why)
    if len(stored) > len(own):
        raise _unfit(network, stored, source, f'it goes on with {stored[len(own)].name}')
    for layer, arrays in values:
        layer.set_weights(arrays)
    loaded = [layer for layer, _ in values]
    random = tuple(layer.name for layer in own if layer not in loaded)
    return LoadedWeights(source, len(loaded), random)


class Likeness(NamedTuple):
    """An architecture by name, and its width multiplier."""

    architecture: str
    alpha: float

    def __str__(self) -> str:
        """Say it in words."""
        return f'{self.architecture} with alpha {self.alpha:g}'


def looks_like(stored: Sequence[StoredLayer]) -> Likeness | None:
    """Return what stored layers seem to be of; None: it is like none of those known."""
    channels = [
        array.shape[2]
        for layer in stored
        for array in layer.arrays
        if array.ndim == 4 and array.shape[3] == 1 and array.shape[0] > 1
    ]
    found = recognise(channels)
    return Likeness(found[0], float(f'{found[1]:.2g}')) if found else None


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
    if is_of_keras2(path):
        return layers_of(load_keras2_model(path))
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


def _fitted(layer: keras.layers.Layer, arrays: Sequence[Array]) -> list[Array] | None:
    """Return the arrays in the layer's shapes; a 1 x 1 convolution is as good as a dense layer."""
    shapes = [tuple(weight.shape) for weight in layer.weights]
    if [_core(array.shape) for array in arrays] != [_core(shape) for shape in shapes]:
        return None
    return [array.reshape(shape) for array, shape in zip(arrays, shapes, strict=True)]


def _core(shape: Sequence[int]) -> tuple[int, ...]:
    return tuple(shape[2:] if len(shape) == 4 and tuple(shape[:2]) == (1, 1) else shape)


def _shapes(arrays: Sequence[Any]) -> str:
    return ', '.join('x'.join(map(str, array.shape)) or 'a number' for array in arrays)


def _unfit(
    network: keras.Model, stored: Sequence[StoredLayer], source: str, why: str
) -> TrainingError:
    guess = looks_like(stored)
    hint = f'; it looks like {guess}' if guess else ''
    return TrainingError(f'{source} does not fit this {network.name}: {why}{hint}')
