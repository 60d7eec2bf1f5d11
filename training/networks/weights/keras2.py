# SPDX-License-Identifier: Apache-2.0
"""Models of Keras 2, which Keras 3 refuses: loaded by the package tf-keras, an extra."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import tensorflow as tf

from training.errors import TrainingError


def load_keras2_model(path: Path) -> Any:
    """Return the `tf_keras` model of a `.h5` or `.keras` file, as its authors trained it.

    Its input keeps the scaling that its authors chose, and its last layer their activation. Code
    in the file (`Lambda` layers, pickles) is never run. Optimiser and losses are left out.

    Raises:
        TrainingError: tf-keras is not installed; or the file holds weights alone, brings code of
            its own, or is not of Keras 2.
    """
    for name in _lambdas(description(path)):
        raise TrainingError(
            f'{path} has a layer {name!r} of class Lambda, which is code that a file cannot bring '
            'safely: build the network in Keras and load only its weights'
        )
    try:
        import tf_keras  # noqa: PLC0415 (an extra)
    except ImportError:
        release = '.'.join(tf.__version__.split('.')[:2])
        raise TrainingError(
            f'{path} is of Keras 2, which takes a package more: '
            f"pip install --no-deps 'tf-keras=={release}.*'"
        ) from None
    try:
        return tf_keras.models.load_model(path, compile=False)
    except (KeyError, TypeError, ValueError) as error:
        raise TrainingError(
            f'{path} cannot be built by tf-keras {tf_keras.__version__} '
            f'({str(error).strip().splitlines()[-1]}): build the network in Keras and load only '
            'its weights'
        ) from error


def is_of_keras2(path: Path) -> bool:
    """Say whether Keras 2 wrote a `.keras` file; False where it is damaged, too."""
    try:
        with zipfile.ZipFile(path) as file:
            return bool(json.loads(file.read('metadata.json'))['keras_version'].startswith('2.'))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return False


def holds_model(path: Path) -> bool:
    """Whether an HDF5 file describes a model, and does not hold weights alone."""
    with h5py.File(path, 'r') as file:
        return 'model_config' in file.attrs


def description(path: Path) -> Any:
    """Return how a `.h5` or `.keras` file describes its model, as JSON values.

    Raises:
        TrainingError: it is none, or holds weights alone.
    """
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return json.loads(archive.read('config.json'))
    try:
        with h5py.File(path, 'r') as file:
            text = file.attrs.get('model_config')
    except OSError as error:
        raise TrainingError(f'{path} cannot be read as HDF5: {error}') from error
    if text is None:
        raise TrainingError(
            f'{path} holds weights without a model: name its architecture and give it as weights'
        )
    return json.loads(text)


def _lambdas(value: Any) -> Iterator[str]:
    """Give the names of all layers, however deep, that run code of the file."""
    if isinstance(value, dict):
        if value.get('class_name') == 'Lambda':
            yield str(value['config'].get('name'))
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _lambdas(one)
