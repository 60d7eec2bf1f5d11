# SPDX-License-Identifier: Apache-2.0
"""Models of Keras, SavedModel and TensorFlow Lite become bundles that score as they did."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.inference.bundle import load_bundle
from mobilenet_perception.inference.runtimes import create_runtime
from mobilenet_perception.tools.bundle.importer.adapt import Preparation, find_ending, to_logits
from mobilenet_perception.tools.bundle.importer.model import (
    ForeignModel,
    ReadSettings,
    read_tensorflow_lite,
)
from mobilenet_perception.tools.bundle.importer.scaling import SCALINGS, Scaling
from tests.support.networks import images
from training.bundle.foreign import read_keras, read_saved_model
from training.commands.cli import main

SIDE = 32
Images = npt.NDArray[np.uint8]


@pytest.fixture(scope='module')
def network() -> keras.Model:
    """A network with a scaling of its own, and all of it but the end in a model within it."""
    keras.utils.set_random_seed(4)
    return _with_ends(_blocks())


def _blocks() -> keras.Model:
    """Return what MobileNets are made of, once: a stride of two, and a residual."""
    layers = keras.layers

    def normed(value: Any, layer: keras.layers.Layer, relu: bool = True) -> Any:
        value = layers.BatchNormalization()(layer(value))
        return layers.ReLU(6.0)(value) if relu else value

    picture = layers.Input((SIDE, SIDE, 3))
    value = normed(picture, layers.Conv2D(8, 3, 2, padding='same', use_bias=False))
    padded = layers.ZeroPadding2D(((0, 1), (0, 1)))(value)
    value = normed(padded, layers.DepthwiseConv2D(3, 2, use_bias=False))
    value = normed(value, layers.Conv2D(8, 1, use_bias=False), relu=False)
    wide = normed(value, layers.Conv2D(24, 1, use_bias=False))
    wide = normed(wide, layers.DepthwiseConv2D(3, padding='same', use_bias=False))
    value = layers.Add()([value, normed(wide, layers.Conv2D(8, 1, use_bias=False), relu=False)])
    return keras.Model(picture, layers.GlobalAveragePooling2D()(value))


def _with_ends(inner: keras.Model) -> keras.Model:
    for layer in inner.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([np.random.default_rng(1).uniform(0.5, 1.5, w.shape) for w in
                               layer.get_weights()])  # fmt: skip
    return keras.Sequential(
        [
            keras.layers.Input((SIDE, SIDE, 3)),
            keras.layers.Rescaling(1 / 127.5, offset=-1),
            inner,
            keras.layers.Dropout(0.2),
            keras.layers.Dense(5, activation='softmax'),
        ]
    )


@pytest.fixture
def photos() -> Images:
    return images(12, SIDE)


def answers(found: ForeignModel, photos: Images, scaling: Scaling | None = None) -> Any:
    """Return what the imported graph gives, as probabilities."""
    told = found.scaling or scaling
    assert told is not None
    graph = to_logits(found, find_ending(found), Preparation(told)).SerializeToString()
    session = create_runtime().load(graph, 'imported')
    logits = np.stack([session.run(photo).copy() for photo in photos])
    return tf.nn.softmax(logits).numpy()


@pytest.mark.parametrize('suffix', ['.keras', '.h5'])
def test_a_file_of_keras_scores_as_keras_does(
    suffix: str, network: keras.Model, photos: Images, tmp_path: Path
) -> None:
    path = tmp_path / f'mine{suffix}'
    network.save(path)
    found = read_keras(path, ReadSettings())
    assert found.scaling == SCALINGS['none']
    expected = network.predict(photos.astype(np.float32), verbose=0)
    assert np.allclose(answers(found, photos), expected, atol=1e-5)


def test_a_file_of_keras_2_scores_as_it_did(photos: Images, tmp_path: Path) -> None:
    tf_keras = pytest.importorskip('tf_keras')
    layers = tf_keras.layers
    old = tf_keras.Sequential(
        [
            tf_keras.Sequential(
                [
                    layers.Input((SIDE, SIDE, 3)),
                    layers.Conv2D(4, 3, 2, padding='same', activation='relu'),
                    layers.DepthwiseConv2D(3),
                    layers.GlobalAveragePooling2D(),
                ]
            ),
            layers.Dense(3, activation='softmax'),
        ]
    )
    old.build((None, SIDE, SIDE, 3))
    path = tmp_path / 'keras_model.h5'
    old.save(path)
    with h5py.File(path, 'r') as file:
        assert str(file.attrs['keras_version']).startswith('2.')
    found = read_keras(path, ReadSettings())
    assert found.scaling is None
    expected = old.predict(photos.astype(np.float32) / 127.5 - 1, verbose=0)
    assert np.allclose(answers(found, photos, SCALINGS['-1..1']), expected, atol=1e-5)


def test_a_saved_model_scores_as_it_did(
    network: keras.Model, photos: Images, tmp_path: Path
) -> None:
    network.export(tmp_path / 'saved', verbose=False)
    found = read_saved_model(tmp_path / 'saved', ReadSettings())
    expected = network.predict(photos.astype(np.float32), verbose=0)
    assert np.allclose(answers(found, photos), expected, atol=1e-5)


def _converter(network: keras.Model, photos: Images) -> Any:
    converter = tf.lite.TFLiteConverter.from_keras_model(network)
    converter.representative_dataset = lambda: (
        [photo[np.newaxis].astype(np.float32)] for photo in photos
    )
    return converter


def _float(converter: Any) -> None:
    converter.representative_dataset = None


def _half(converter: Any) -> None:
    converter.representative_dataset = None
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = [tf.float16]


def _dynamic(converter: Any) -> None:
    converter.representative_dataset = None
    converter.optimizations = [tf.lite.Optimize.DEFAULT]


def _integer(kind: Any) -> Callable[[Any], None]:
    def choose(converter: Any) -> None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = kind

    return choose


@pytest.mark.filterwarnings('ignore:.*tf.lite.Interpreter is deprecated')
@pytest.mark.parametrize(
    ('choose', 'tolerance'),
    [
        (_float, 1e-5),
        (_half, 1e-5),
        # The interpreter rounds values between operators for each image anew, which is its own.
        (_dynamic, 0.02),
        (_integer(tf.uint8), 0.01),
        (_integer(tf.int8), 0.01),
        (_integer(tf.float32), 0.01),
    ],
    ids=['float', 'half', 'dynamic', 'uint8', 'int8', 'int8_inside'],
)
def test_tensorflow_lite_scores_as_its_interpreter_does(
    choose: Callable[[Any], None], tolerance: float, network: keras.Model, photos: Images,
    tmp_path: Path,
) -> None:  # fmt: skip
    converter = _converter(network, photos)
    choose(converter)
    path = tmp_path / 'mine.tflite'
    path.write_bytes(converter.convert())
    interpreter = tf.lite.Interpreter(str(path))
    interpreter.allocate_tensors()
    (image,), (output,) = interpreter.get_input_details(), interpreter.get_output_details()
    expected = []
    for photo in photos:
        pixels = photo.astype(np.int32)
        if image['dtype'] == np.int8:
            pixels -= 128
        interpreter.set_tensor(image['index'], pixels[np.newaxis].astype(image['dtype']))
        interpreter.invoke()
        scores = interpreter.get_tensor(output['index'])[0].astype(np.float32)
        scale, zero = output['quantization']
        expected.append((scores - zero) * scale if scale else scores)
    found = read_tensorflow_lite(path, ReadSettings())
    given = answers(found, photos, SCALINGS['none'])
    assert np.abs(given - np.array(expected)).max() < tolerance


def test_the_command_takes_keras_and_what_the_robot_takes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, labels = tmp_path / 'mine.keras', tmp_path / 'labels.txt'
    whole = keras.applications.MobileNetV2(
        input_shape=(SIDE, SIDE, 3), alpha=0.35, weights=None, include_top=False, pooling='avg'
    )
    _with_ends(whole).save(path)
    labels.write_text('a\nb\nc\nd\ne\n')
    place = tmp_path / 'bundle'
    flags = ['--labels', str(labels), '-o', str(place)]
    assert main(['bundle', 'import', str(path), *flags]) == 0
    (variant,) = load_bundle(place).manifest.variants
    assert (variant.architecture, variant.alpha) == ('mobilenet_v2', 0.35)
    assert variant.macs == pytest.approx(1.2e6, rel=0.3)
    text = tmp_path / 'text.onnx'
    text.write_text('no model')
    assert main(['bundle', 'import', str(text), *flags]) == 1
    assert 'not an ONNX model' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('name', 'said'),
    [('text.keras', 'no model of Keras'), ('text.h5', 'no model of Keras')],
)
def test_what_is_no_model_of_keras_is_said(name: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text('no model')
    with pytest.raises(PerceptionError, match=said):
        read_keras(path, ReadSettings())


def test_two_inputs_are_said(tmp_path: Path) -> None:
    one, two = keras.Input((SIDE, SIDE, 3)), keras.Input((4,))
    mean = keras.layers.GlobalAveragePooling2D()(one)
    scores = keras.layers.Dense(2)(keras.layers.Concatenate()([mean, two]))
    path = tmp_path / 'two.keras'
    keras.Model([one, two], scores).save(path)
    with pytest.raises(PerceptionError, match='takes 2 inputs'):
        read_keras(path, ReadSettings())


def test_a_folder_without_a_saved_model_is_said(tmp_path: Path) -> None:
    with pytest.raises(PerceptionError, match='no SavedModel'):
        read_saved_model(tmp_path, ReadSettings())
