# SPDX-License-Identifier: Apache-2.0
"""Read weights from HDF5 files of Keras 2 and Keras 3, without building what they describe."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

from training.errors import TrainingError
from training.networks.weights.loaded import StoredLayer


def read_hdf5(path: Path, network: keras.Model) -> list[StoredLayer]:
    """Return the layers with weights of a `.h5` or `.weights.h5` file, in order.

    Args:
        path: a whole model or weights alone, as Keras 2 wrote them, or weights of Keras 3.
        network: tells the order of layers in files of Keras 3, which do not.

    Raises:
        TrainingError: the file is not HDF5, or not of Keras.
    """
    try:
        with h5py.File(path, 'r') as file:
            if 'layers' in file:
                return _keras3_layers(file['layers'], network)
            return keras2_layers(file, path)
    except OSError as error:
        raise TrainingError(f'{path} cannot be read as HDF5: {error}') from error


def keras2_layers(file: Any, path: Path) -> list[StoredLayer]:
    """Return the layers of an open file of Keras 2.

    Raises:
        TrainingError: there are none.
    """
    group = file.get('model_weights', file)
    if 'layer_names' not in group.attrs:
        raise TrainingError(f'{path} holds no weights of Keras: give a file that Keras saved')
    layers = []
    for name in map(_text, group.attrs['layer_names']):
        arrays = tuple(
            np.asarray(group[name][_text(weight)]) for weight in group[name].attrs['weight_names']
        )
        if arrays:
            layers.append(StoredLayer(name, arrays))
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
