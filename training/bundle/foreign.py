# SPDX-License-Identifier: Apache-2.0
"""Models of Keras (.keras, .h5) and SavedModels, read for `bundle import`: they become ONNX."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import tensorflow as tf
import tf2onnx

from mobilenet_perception.tools.bundle.importer.model import (
    ForeignModel,
    Reader,
    ReadSettings,
    from_onnx,
)
from training.errors import TrainingError
from training.export.convert import OPSET, folded, give_constants_a_rank
from training.networks.weights.keras2 import is_of_keras2, load_keras2_model

_SERVING = 'serving_default'


def read_keras(path: Path, settings: ReadSettings) -> ForeignModel:
    """Read a model that Keras 3 or Keras 2 wrote; code in the file is never run.

    Raises:
        PerceptionError: it is none, or not a classifier of images that the node can run.
    """
    network = _loaded(path)
    if len(network.inputs) != 1:
        named = ' and '.join(f'{one.name} {list(one.shape)}' for one in network.inputs)
        raise TrainingError(
            f'{path} takes {len(network.inputs)} inputs, {named}: a classifier takes one image'
        )
    shape, kind = network.inputs[0].shape, network.inputs[0].dtype

    def serve(image: Any) -> Any:
        return network(image, training=False)

    return _converted(serve, shape, tf.as_dtype(kind), path, settings)


def read_saved_model(path: Path, settings: ReadSettings) -> ForeignModel:
    """Read the signature `serving_default` of a SavedModel's folder.

    Raises:
        PerceptionError: it is none, or not a classifier of images that the node can run.
    """
    if not (path / 'saved_model.pb').is_file():
        raise TrainingError(
            f'{path} is no SavedModel (it has no saved_model.pb): give its folder, or a .keras, '
            '.h5, .tflite or .onnx file'
        )
    try:
        loaded = tf.saved_model.load(str(path))
    except Exception as error:  # TensorFlow raises types of its own
        raise TrainingError(
            f'{path} cannot be loaded by TensorFlow {tf.__version__}: {_last_line(error)}'
        ) from error
    if _SERVING not in loaded.signatures:
        raise TrainingError(
            f'{path} has no signature {_SERVING}: save it with tf.saved_model.save(model, folder)'
        )
    signature = loaded.signatures[_SERVING]
    _, images = signature.structured_input_signature
    if len(images) != 1:
        raise TrainingError(
            f'{path} takes {len(images)} inputs, {", ".join(images)}: a classifier takes one image'
        )
    ((name, image),) = images.items()

    def serve(image: Any) -> Any:
        return list(signature(**{name: image}).values())

    return _converted(serve, image.shape, image.dtype, path, settings)


KERAS_READERS: dict[str, Reader] = {
    '.keras': read_keras, '.h5': read_keras, '.hdf5': read_keras, '': read_saved_model,
}  # fmt: skip


def _loaded(path: Path) -> Any:
    if is_of_keras2(path) or _is_hdf5_of_keras2(path):
        return load_keras2_model(path)
    if not zipfile.is_zipfile(path) and not h5py.is_hdf5(path):
        raise TrainingError(f'{path} is no model of Keras: give the file that was saved')
    try:
        # Safe mode, the default, refuses code in the file.
        return keras.models.load_model(path, compile=False)
    except Exception as error:
        raise TrainingError(f'{path} cannot be loaded by Keras: {_last_line(error)}') from error


def _is_hdf5_of_keras2(path: Path) -> bool:
    if not h5py.is_hdf5(path):
        return False
    with h5py.File(path, 'r') as file:
        version = file.attrs.get('keras_version', '')
        text = version.decode() if isinstance(version, bytes) else str(version)
        # Weights alone are told of there, too.
        return text.startswith('2.') or 'model_config' not in file.attrs


def _converted(
    serve: Callable[[Any], Any], shape: Any, kind: Any, path: Path, settings: ReadSettings
) -> ForeignModel:
    """Return what a function of one batch of images computes."""
    sizes = [settings.size if side is None else side for side in list(shape)[1:]]
    if len(sizes) == 3 and None not in sizes:
        sizes = [1, *sizes]
    else:
        raise TrainingError(
            f'{path} takes {[None, *sizes]}: give --size for images of any size; else it takes no '
            'images'
        )
    signature = [tf.TensorSpec(sizes, kind, name='image')]
    try:
        model, _ = tf2onnx.convert.from_function(
            tf.function(serve, input_signature=signature),
            input_signature=signature,
            opset=OPSET,
            custom_rewriter=[give_constants_a_rank],
        )
    except Exception as error:  # tf2onnx raises what comes
        raise TrainingError(
            f'{path} does not become ONNX by tf2onnx {tf2onnx.__version__}: {_last_line(error)}'
        ) from error
    return from_onnx(folded(model), path, settings)


def _last_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[-1] if lines else type(error).__name__
