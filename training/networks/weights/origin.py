# SPDX-License-Identifier: Apache-2.0
"""The origin of weights: the architecture, width and input size that they were trained with.

A run and a bundle say it; of a file, the shapes of its layers tell the architecture and the width,
and its input layer or its name the size.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import h5py
import keras

from mobilenet_perception.inference.bundle import load_bundle
from training.errors import TrainingError
from training.networks.weights.files import StoredLayer, layers_of, read_hdf5
from training.networks.weights.keras2 import is_of_keras2, load_keras2_model
from training.networks.weights.load import looks_like

IMAGENET_SIZE = 224
# As keras.applications names its files: mobilenet_v2_..._0.35_224_no_top.h5.
_SIZE_IN_NAME = re.compile(r'(?<![\d.])(96|128|160|192|224|240|256|299|320|384)(?!\d|\.\d)')


class Origin(NamedTuple):
    """What weights are of.

    Attributes:
        architecture: a name in `training.networks`; None: it cannot be told.
        alpha: width multiplier; None: it cannot be told.
        size: side of the images that they were trained with, in pixels.
        modify: changes of the architecture.
    """

    architecture: str | None
    alpha: float | None
    size: int
    modify: Mapping[str, Any] = MappingProxyType({})


def origin(source: str) -> Origin:
    """Return what weights are of; `imagenet` names no architecture of its own.

    Args:
        source: as `load_weights` takes it.

    Raises:
        TrainingError: there are no such weights, or they cannot be read.
    """
    if source == 'imagenet':
        return Origin(None, None, IMAGENET_SIZE)
    path = Path(source)
    if (path / 'bundle.json').is_file():
        best = load_bundle(path).manifest.variants[0]
        return Origin(best.architecture, best.alpha, min(best.height, best.width))
    if (path / 'configuration.json').is_file():
        return _of_run(path)
    if path.is_file() and path.suffix in ('.h5', '.hdf5'):
        return _of_layers(read_hdf5(path), _input_of_hdf5(path), path)
    if path.is_file() and path.suffix == '.keras':
        model = _model(path)
        return _of_layers(layers_of(model), _side(model.input_shape), path)
    if not path.exists():
        raise TrainingError(f'there are no weights {source!r}: give imagenet or a path')
    return Origin(None, None, IMAGENET_SIZE)


def _of_run(folder: Path) -> Origin:
    configuration = json.loads((folder / 'configuration.json').read_text())
    network, last = configuration['network'], configuration['stages'][-1]
    return Origin(
        network['architecture'],
        network['alpha'],
        min(last['height'], last['width']),
        network.get('modify', {}),
    )


def _of_layers(stored: Sequence[StoredLayer], size: int | None, path: Path) -> Origin:
    named = _SIZE_IN_NAME.findall(path.stem)
    size = size or (int(named[-1]) if named else IMAGENET_SIZE)
    found = looks_like(stored)
    return Origin(*found, size) if found else Origin(None, None, size)


def _model(path: Path) -> keras.Model:
    if is_of_keras2(path):
        return load_keras2_model(path)
    try:
        return keras.models.load_model(path, compile=False)
    except Exception as error:
        raise TrainingError(f'{path} cannot be loaded by Keras: {error}') from error


def _input_of_hdf5(path: Path) -> int | None:
    """Return the side of the input that a whole model of Keras 2 says; None: it says none."""
    with h5py.File(path, 'r') as file:
        text = str(file.attrs.get('model_config', ''))
    shape = re.search(r'"batch_(?:input_)?shape": \[null, (\d+), (\d+), 3\]', text)
    return min(int(shape[1]), int(shape[2])) if shape else None


def _side(shape: Any) -> int | None:
    sides = shape[1:3] if isinstance(shape, tuple) and len(shape) == 4 else ()
    return min(sides) if sides and None not in sides else None
