# SPDX-License-Identifier: Apache-2.0
"""Load a whole model that Keras 2 saved as HDF5, which Keras 3 by itself often refuses."""

import json
from collections.abc import Sequence
from pathlib import Path

import h5py
import keras

from training.errors import TrainingError
from training.networks.weights.hdf5_file import keras2_layers
from training.networks.weights.keras2_config import repaired
from training.networks.weights.loaded import Array


def load_keras2_model(path: Path) -> keras.Model:
    """Return the model of a Keras 2 `.h5` file with its weights, as its authors trained it.

    Its input keeps the scaling that its authors chose, and its last layer their activation. Code
    in the file (`Lambda` layers, pickles) is never run. Optimiser and losses are left out.

    Raises:
        TrainingError: the file holds weights alone, needs code of its own, or is not of Keras.
    """
    try:
        with h5py.File(path, 'r') as file:
            description = file.attrs.get('model_config')
            stored = keras2_layers(file, path)
    except OSError as error:
        raise TrainingError(f'{path} cannot be read as HDF5: {error}') from error
    if description is None:
        raise TrainingError(
            f'{path} holds weights without a model: name its architecture and give it as weights'
        )
    config = repaired(json.loads(description), str(path))
    build = keras.Sequential if config['class_name'] == 'Sequential' else keras.Model
    try:
        model = build.from_config(config['config'])
        layers = {layer.name: layer for layer in model.layers}
        for name, arrays in stored:
            _set(layers[name], arrays)
    except (KeyError, TypeError, ValueError) as error:
        raise TrainingError(
            f'{path} cannot be built by Keras {keras.__version__}: {error}: build the network in '
            'Keras and load only its weights'
        ) from error
    if len(model.inputs) == len(model.outputs) == 1:
        # Keras 2 describes them as lists, of which Keras 3 would warn at each call.
        return keras.Model(model.inputs[0], model.outputs[0], name=model.name)
    return model


def _set(layer: keras.layers.Layer, arrays: Sequence[Array]) -> None:
    # The order of Keras 2, which differs from that of Keras 3 for a model within a model.
    weights = layer.trainable_weights + layer.non_trainable_weights
    for weight, array in zip(weights, arrays, strict=True):
        weight.assign(array)
