# SPDX-License-Identifier: Apache-2.0
"""Load a whole model that Keras 2 saved as HDF5, which Keras 3 by itself often refuses.

Repair the description of a model by Keras 2, so that Keras 3 builds it. Nothing is executed.
"""

import inspect
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import keras

from training.errors import TrainingError
from training.networks.weights.assign import Array
from training.networks.weights.files import keras2_layers


# <<< networks.weights.keras2_model
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


# <<< networks.weights.keras2_config
_MODELS = ('Functional', 'Model', 'Sequential')
# They run code that the file brings, or that is not Keras'.
_UNSAFE = ('Lambda', 'TFOpLambda', 'SlicingOpLambda', 'TensorFlowOpLayer')
_OF_ALL_LAYERS = ('activity_regularizer', 'autocast', 'batch_input_shape', 'input_shape')
# Keras 2 wrote it, and ignored it.
_IGNORED = {'DepthwiseConv2D': ('groups',)}
_WITHOUT_EFFECT: tuple[Any, ...] = (None, False, 0, 1, [], {})


def repaired(config: dict[str, Any], path: str) -> dict[str, Any]:
    """Return the configuration of a layer or model with what Keras 3 cannot read put right.

    Args:
        config: of Keras 2, with `class_name` and `config`.
        path: of the file, for messages.

    Raises:
        TrainingError: it needs code that is not Keras', or an option that Keras 3 lacks.
    """
    kind, options = config['class_name'], dict(config['config'])
    if kind in _MODELS:
        options['layers'] = [repaired(layer, path) for layer in options['layers']]
        return {
            **config,
            'class_name': 'Functional' if kind == 'Model' else kind,
            'config': options,
        }
    layer = None if kind in _UNSAFE else getattr(keras.layers, kind, None)
    if layer is None:
        raise TrainingError(
            f'{path} has a layer {options.get("name")!r} of class {kind}, which is code that a '
            'file cannot bring safely: build the network in Keras and load only its weights'
        )
    options = {name: _value(name, value) for name, value in options.items()}
    known = {*inspect.signature(layer.__init__).parameters, *_OF_ALL_LAYERS}
    known |= set(inspect.signature(keras.layers.Layer.__init__).parameters)
    if kind == 'InputLayer':
        known |= {'batch_input_shape'}
    for name in sorted(set(options) - known):
        value = options.pop(name)
        if name not in _IGNORED.get(kind, ()) and value not in _WITHOUT_EFFECT:
            raise TrainingError(
                f'{path} has a layer {options.get("name")!r} with {name} = {value!r}, which '
                'Keras 3 does not have: save it with TensorFlow 2.15 or older as a SavedModel'
            )
    return {**config, 'config': options}


def _value(name: str, value: Any) -> Any:
    if name == 'dtype' and isinstance(value, dict):
        return value['config']['name']  # a policy
    if name == 'axis' and isinstance(value, list) and len(value) == 1:
        return value[0]
    return value
