# SPDX-License-Identifier: Apache-2.0
"""Repair the description of a model by Keras 2, so that Keras 3 builds it. Nothing is executed."""

import inspect
from typing import Any

import keras

from training.errors import TrainingError

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
