# SPDX-License-Identifier: Apache-2.0
"""Load weights into a network, layer by layer: ImageNet's, or from a file, a run or a bundle.

What does not fit is said, with a guess of the architecture that it is of.
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import dropwhile, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np

from mobilenet_perception.tools.bundle.importer.scaling import (
    NAMES,
    SCALINGS,
    Scaling,
    parse_scaling,
)
from mobilenet_perception.tools.bundle.onnx_graph import recognise
from training.data.data_set import Array
from training.errors import TrainingError
from training.networks.comparison import FAMILIES
from training.networks.layers import NetworkSettings
from training.networks.structure import HEAD, TOP, layers_by_block
from training.networks.weights.files import StoredLayer, layers_of
from training.networks.weights.stored import Stored, read_bundle, read_stored

# What networks here see, as Keras' MobileNets do.
_OWN = '-1..1'
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
        left_out: how many stored layers, the last ones, this network does not have.
        scaling: in words, what is to be known of the scaling of pixels; empty: nothing.
    """

    source: str
    layers: int
    random: tuple[str, ...]
    left_out: int = 0
    scaling: str = ''

    def __str__(self) -> str:
        """Say it in one sentence."""
        sentence = f'weights of {self.layers} layers are from {self.source}'
        if self.left_out > 1:
            sentence += f', without its last {self.left_out} layers'
        if self.scaling:
            sentence += f', {self.scaling}'
        if not self.random:
            return sentence
        return f'{sentence}; {", ".join(self.random)} keep random weights, and must be trained'


def load_weights(
    network: keras.Model, source: str | Path, settings: NetworkSettings, scaling: str = ''
) -> LoadedWeights:
    """Set the weights of a network of `build_network`; say `str()` of what is returned.

    Where the number of classes differs, the last layer keeps its random weights; what others put
    behind a MobileNet is left out. Where they scaled pixels otherwise, that goes into the first
    convolution.

    Args:
        network: gets the weights.
        source: `imagenet`; or a file of Keras (`.h5` with or without its last layers,
            `.weights.h5`, `.keras`, also a network within a network), TensorFlow Lite or ONNX; or
            a run folder; or a bundle. Batch norms of graphs come back folded into the
            convolutions before them, quantised weights as the real numbers they stand for.
        settings: that the network was built with.
        scaling: what pixels were for the network that the weights are of, where the file does not
            tell, as `bundle import` takes it; empty: that of Keras' MobileNets.

    Raises:
        PerceptionError: there are no such weights, or they do not fit, and what they look like.
    """
    if source == 'imagenet':
        return assign(network, layers_of(imagenet_network(network.name, settings)), 'imagenet')
    path = Path(source)
    if (path / 'bundle.json').is_file():
        stored = read_bundle(path, network, settings)
    else:
        stored = read_stored(path, network)
    if network.name in FAMILIES:
        return assign(network, stored.layers, str(path))
    said, words = _scaling_of(stored, scaling, path)
    layers = list(dropwhile(lambda layer: layer.arrays[0].ndim != 4, stored.layers))
    loaded = assign(network, _rescaled(_without_needless_biases(layers), said), str(path))
    return loaded._replace(scaling=words)


def _scaling_of(stored: Stored, given: str, path: Path) -> tuple[Scaling, str]:
    """Return what pixels were before the first convolution, and what is to be said of that."""
    if stored.scaling is not None:
        same = _is_own(stored.scaling)
        return stored.scaling, '' if same else f'which saw pixels scaled to {stored.scaling}'
    if given:
        return parse_scaling(given), f'which saw pixels scaled to {given}, as said'
    if not stored.guessable:
        raise TrainingError(
            f'{path} does not tell how its pixels are scaled: give --scaling, as it was trained '
            f'with ({NAMES}, or numbers)'
        )
    return SCALINGS[_OWN], f'taken to have seen pixels of {_OWN} (else give --scaling)'


def _is_own(scaling: Scaling) -> bool:
    return bool(np.allclose(np.array(scaling), 127.5, rtol=1e-3))


def _without_needless_biases(stored: Sequence[StoredLayer]) -> list[StoredLayer]:
    """Return layers in which batch norms have taken in the biases before them."""
    layers = list(stored)
    for place, ((name, first), (after, norm)) in enumerate(pairwise(stored)):
        # Two kernels are those of a separable convolution.
        if [array.ndim for array in first[1:]] == [1] and len(norm) == 4 and norm[0].ndim == 1:
            kernel, bias = first
            layers[place] = StoredLayer(name, (kernel,))
            gamma, beta, mean, variance = norm
            layers[place + 1] = StoredLayer(after, (gamma, beta, mean - bias, variance))
    return layers


def _rescaled(stored: Sequence[StoredLayer], theirs: Scaling) -> list[StoredLayer]:
    """Return layers that make of pixels of -1 to 1 what the stored ones make of theirs.

    Args:
        stored: the first is a convolution, with a bias or before a batch norm.
        theirs: the pixels that it sees.
    """
    if _is_own(theirs) or len(stored) < 2:
        return list(stored)
    mean, deviation = (np.array(part, np.float64) for part in theirs)
    # Of x, from -1 to 1, they see (127.5 x + 127.5 - mean) / deviation.
    factor, offset = 127.5 / deviation, (127.5 - mean) / deviation
    first, second, *rest = stored
    kernel, *bias = first.arrays
    if bias and bias[0].ndim != 1:
        raise TrainingError(
            f'the first layer {first.name} is a separable convolution, which saw pixels scaled to '
            f'{theirs}: train it anew, or take weights that saw {_OWN}'
        )
    shift = (kernel * offset[:, None]).sum(axis=(0, 1, 2)).astype(np.float32)
    kernel = (kernel * factor[:, None]).astype(np.float32)
    if bias:
        return [first._replace(arrays=(kernel, bias[0] + shift)), second, *rest]
    *others, average, variance = second.arrays
    second = second._replace(arrays=(*others, average - shift, variance))
    return [first._replace(arrays=(kernel,)), second, *rest]


def imagenet_network(architecture: str, settings: NetworkSettings) -> keras.Model:
    """Return the network of `keras.applications` that knows ImageNet's 1000 classes.

    Keras downloads its weights, unless it has them.

    Raises:
        TrainingError: there are none for this architecture or width, or no connection.
    """
    application, options = _application(architecture, settings)
    try:
        return application(weights='imagenet', **options)
    except ValueError as error:
        raise TrainingError(
            f'there are no imagenet weights of {architecture} with alpha {settings.alpha}: {error}'
        ) from error
    except Exception as error:  # what keras.utils.get_file raises
        raise TrainingError(
            f'imagenet weights of {architecture} are downloaded by Keras, and this machine cannot '
            f'reach them ({error}): fetch that file on another machine and give its path instead, '
            'or that of a .tflite file'
        ) from error


def assign(network: keras.Model, stored: Sequence[StoredLayer], source: str) -> LoadedWeights:
    """Set the weights of `network`, all or none.

    Layers are matched in order, not by name, and must fit in shape. Where `top` and `head` begin,
    stored layers may be others or missing: those here keep their weights, those there are left
    out.

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
    values: list[tuple[Any, list[Array]]] = []
    for layer, (name, found) in zip(own, stored, strict=False):
        arrays = _fitted(layer, found)
        if arrays is None and layer not in ends:
            taken = _shapes(layer.weights)
            why = f'its layer {name} holds {_shapes(found)}, and {layer.name} takes {taken}'
            raise _unfit(network, stored, source, why)
        if arrays is None:
            break
        values.append((layer, arrays))
    rest = stored[len(values) :]
    if len(values) < len(own) and own[len(values)] not in ends:
        raise _unfit(network, stored, source, f'it ends before {own[len(values)].name}')
    for name, found in rest:
        # What goes on convolving is more than a head.
        if found[0].ndim == 4 and found[0].shape[0] > 1:
            raise _unfit(network, stored, source, f'it goes on with {name}')
    for layer, arrays in values:
        layer.set_weights(arrays)
    random = tuple(layer.name for layer in own[len(values) :])
    return LoadedWeights(source, len(values), random, len(rest))


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
    return ', '.join('x'.join(map(str, array.shape)) or 'a number' for array in arrays[:4])


def _unfit(
    network: keras.Model, stored: Sequence[StoredLayer], source: str, why: str
) -> TrainingError:
    guess = looks_like(stored)
    hint = f'; it looks like {guess}' if guess else '; it is of no MobileNet that is known here'
    return TrainingError(f'{source} does not fit this {network.name}: {why}{hint}')
