# SPDX-License-Identifier: Apache-2.0
"""Weights in HDF5 files of Keras 2 and Keras 3, read without building what they describe."""

import re
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import keras
import numpy as np

from training.data.data_set import Array
from training.errors import TrainingError


class StoredLayer(NamedTuple):
    """A layer's name and weights, in Keras' order and layout."""

    name: str
    arrays: tuple[Array, ...]


def layers_of(network: Any) -> list[StoredLayer]:
    """Return the weights of a Keras network's layers, those of networks within it in their place.

    Layers without weights are left out.
    """
    found = []
    for layer in network.layers:
        if hasattr(layer, 'layers'):
            found += layers_of(layer)
        elif layer.weights:
            arrays = tuple(np.asarray(array) for array in layer.get_weights())
            found.append(StoredLayer(layer.name, arrays))
    return found


def read_hdf5(path: Path, network: keras.Model | None = None) -> list[StoredLayer]:
    """Return the layers with weights of a `.h5` or `.weights.h5` file, in order.

    Args:
        path: a whole model or weights alone, as Keras 2 wrote them, or weights of Keras 3.
        network: tells the order of layers in files of Keras 3, which do not; None: such a file
            has no layers then.

    Raises:
        TrainingError: the file is not HDF5, or not of Keras.
    """
    try:
        with h5py.File(path, 'r') as file:
            if 'layers' in file:
                return [] if network is None else _keras3_layers(file['layers'], network)
            return _keras2_layers(file, path)
    except OSError as error:
        raise TrainingError(f'{path} cannot be read as HDF5: {error}') from error


def _keras2_layers(file: Any, path: Path) -> list[StoredLayer]:
    """Return the layers of an open file of Keras 2.

    Raises:
        TrainingError: there are none.
    """
    group = file.get('model_weights', file)
    if 'layer_names' not in group.attrs:
        raise TrainingError(f'{path} holds no weights of Keras: give a file that Keras saved')
    layers = []
    for name in map(_text, group.attrs['layer_names']):
        # A network within a network is a layer here: the folders of weights tell its own layers.
        within: dict[str, list[Array]] = {}
        for weight in map(_text, group[name].attrs['weight_names']):
            within.setdefault(weight.rpartition('/')[0], []).append(
                np.asarray(group[name][weight])
            )
        for folder, arrays in within.items():
            own = folder.rpartition('/')[2] if len(within) > 1 else name
            layers.append(StoredLayer(own, tuple(arrays)))
    return layers


def _keras3_layers(group: Any, network: keras.Model) -> list[StoredLayer]:
    """Return layers in the order of `network`: the file counts layers by their class."""
    layers = []
    counts: Counter[str] = Counter()
    for layer in network.layers:
        kind = _snake_case(type(layer).__name__)
        key = f'{kind}_{counts[kind]}' if counts[kind] else kind
        counts[kind] += 1
        variables = group[key].get('vars', {}) if key in group else {}
        if len(variables):
            arrays = tuple(np.asarray(variables[name]) for name in sorted(variables, key=int))
            layers.append(StoredLayer(key, arrays))
    return layers


def _snake_case(name: str) -> str:
    words = re.sub(r'(.)([A-Z][a-z]+)', r'\1_\2', name)
    return re.sub(r'([a-z])([A-Z])', r'\1_\2', words).lower()


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
