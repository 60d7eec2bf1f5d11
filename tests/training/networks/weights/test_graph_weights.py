# SPDX-License-Identifier: Apache-2.0
"""Weights of ONNX, TensorFlow Lite, imported bundles and networks within networks of Keras."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest
import tensorflow as tf
import tf2onnx

from mobilenet_perception.errors import PerceptionError
from tests.support.networks import images
from training.commands.cli import main
from training.configuration.file import default_data
from training.networks import NetworkSettings, build_network
from training.networks.weights import load_weights
from training.networks.weights.graph import operations
from training.networks.weights.origin import origin

SIDE = 96
SETTINGS = NetworkSettings(SIDE, SIDE, 0.25, 5, 0.0)
TINY = default_data() / 'weights' / 'vww_96.h5'
Scores = npt.NDArray[np.float32]


@pytest.fixture(scope='module')
def mobilenet() -> keras.Model:
    """MobileNet V1 as keras.applications has it, for pixels of -1 to 1, without its head."""
    keras.utils.set_random_seed(3)
    base = keras.applications.MobileNet(
        (SIDE, SIDE, 3), 0.25, include_top=False, weights=None, pooling='avg'
    )
    random = np.random.default_rng(1)
    for layer in base.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([random.uniform(0.7, 1.4, w.shape) for w in layer.get_weights()])
    return base


def classifier(base: keras.Model, *before: keras.layers.Layer) -> keras.Model:
    """Put what a tutorial would before and behind a network: it becomes a layer of another."""
    head = [keras.layers.Dense(16, activation='relu'), keras.layers.Dense(2, activation='softmax')]
    return keras.Sequential([keras.Input((SIDE, SIDE, 3)), *before, base, *head])


def to_onnx(model: keras.Model, path: Path) -> Path:
    signature = [tf.TensorSpec((1, SIDE, SIDE, 3), tf.float32, name='image')]
    function = tf.function(lambda image: model(image, training=False), signature)
    converted, _ = tf2onnx.convert.from_function(function, signature, opset=17)
    onnx.save(converted, path)
    return path


def to_tflite(model: keras.Model, path: Path, quantised: bool = False) -> Path:
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if quantised:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        pictures = images(20, SIDE).astype(np.float32) / 127.5 - 1
        converter.representative_dataset = lambda: ([one[None]] for one in pictures)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.uint8
    path.write_bytes(converter.convert())
    return path


def features(model: keras.Model) -> Scores:
    """Return what a loaded network makes of pixels, up to its last layer."""
    frozen = keras.Model(model.input, model.get_layer('logits').input)
    return np.asarray(frozen(images(12, SIDE).astype(np.float32)))


def loaded(path: Path, scaling: str = '') -> tuple[Any, Scores]:
    network = build_network('mobilenet_v1', SETTINGS)
    said = load_weights(network, path, SETTINGS, scaling)
    assert said.random == ('logits',)
    return said, features(network)


def expected(base: keras.Model) -> Scores:
    return np.asarray(base(images(12, SIDE).astype(np.float32) / 127.5 - 1))


def test_onnx_and_tflite_give_the_same_features(mobilenet: keras.Model, tmp_path: Path) -> None:
    whole = classifier(mobilenet)
    for path, scaling in (
        (to_onnx(whole, tmp_path / 'whole.onnx'), '-1..1'),
        (to_onnx(classifier(mobilenet, keras.layers.Rescaling(1 / 127.5, offset=-1)),
                 tmp_path / 'scales.onnx'), ''),
        (to_tflite(whole, tmp_path / 'whole.tflite'), ''),
    ):  # fmt: skip
        assert origin(str(path))[:3] == ('mobilenet_v1', 0.25, SIDE)
        said, found = loaded(path, scaling)
        np.testing.assert_allclose(found, expected(mobilenet), atol=1e-4, rtol=1e-3)
        assert 'without its last 2 layers' in str(said)


def test_what_follows_a_convolution_is_folded_into_it() -> None:
    random = np.random.default_rng(2)

    def constant(name: str, *shape: int) -> onnx.TensorProto:
        return onnx.numpy_helper.from_array(
            random.uniform(0.5, 1.5, shape).astype(np.float32), name
        )

    norm = [constant(name, 6) for name in ('gamma', 'beta', 'mean', 'variance')]
    constants = [
        constant('wide', 6, 3, 3, 3), *norm, constant('deep', 6, 1, 3, 3), constant('bias', 6),
        constant('factor', 1, 6, 1, 1), constant('offset', 6, 1, 1),
    ]  # fmt: skip
    make = onnx.helper.make_node
    nodes = [
        make('Conv', ['image', 'wide'], ['a']),
        make('BatchNormalization', ['a', 'gamma', 'beta', 'mean', 'variance'], ['b']),
        make('Conv', ['b', 'deep', 'bias'], ['c'], group=6),
        make('Mul', ['factor', 'c'], ['d']),
        make('Sub', ['d', 'offset'], ['e']),
    ]

    def model(nodes: list[onnx.NodeProto], constants: list[onnx.TensorProto]) -> onnx.ModelProto:
        value = onnx.helper.make_tensor_value_info
        image = value('image', onnx.TensorProto.FLOAT, [1, 3, 9, 9])
        result = value(nodes[-1].output[0], onnx.TensorProto.FLOAT, [1, 6, 5, 5])
        graph = onnx.helper.make_graph(nodes, 'some', [image], [result], constants)
        opset = onnx.helper.make_opsetid('', 17)
        return onnx.helper.make_model(graph, opset_imports=[opset], ir_version=8)

    (wide, shift), (deep, bias) = (
        one.arrays for one in operations(model(nodes, constants), 'some')
    )
    folded = {
        'wide': wide.transpose(3, 2, 0, 1), 'shift': shift,
        'deep': deep.transpose(2, 3, 0, 1), 'bias': bias,
    }  # fmt: skip
    plain = model(
        [make('Conv', ['image', 'wide', 'shift'], ['b']),
         make('Conv', ['b', 'deep', 'bias'], ['c'], group=6)],
        [onnx.numpy_helper.from_array(np.ascontiguousarray(value.astype(np.float32)), name)
         for name, value in folded.items()],
    )  # fmt: skip
    image = random.normal(size=(1, 3, 9, 9)).astype(np.float32)
    found, expected = (
        onnxruntime.InferenceSession(each.SerializeToString()).run(None, {'image': image})[0]
        for each in (plain, model(nodes, constants))
    )
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_a_quantised_tflite_is_taken_for_real_numbers(
    mobilenet: keras.Model, tmp_path: Path
) -> None:
    path = to_tflite(classifier(mobilenet), tmp_path / 'quantised.tflite', quantised=True)
    _, found = loaded(path)
    wanted = expected(mobilenet)
    # Weights of 8 bits, by channel.
    assert np.abs(found - wanted).max() < 0.05 * np.abs(wanted).max()
    # What is made of it rounds, which cannot be trained.
    bundle = tmp_path / 'bundle'
    (tmp_path / 'labels.txt').write_text('cat\ndog\n')
    labels = str(tmp_path / 'labels.txt')
    assert main(['bundle', 'import', str(path), '--labels', labels, '-o', str(bundle)]) == 0
    with pytest.raises(PerceptionError, match=r'rounds as the quantised model.*\.tflite'):
        loaded(bundle)


@pytest.mark.parametrize('suffix', ['.keras', '.h5'])
def test_networks_within_networks_of_keras(
    mobilenet: keras.Model, tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f'nested{suffix}'
    classifier(mobilenet, keras.layers.Rescaling(1 / 127.5, offset=-1)).save(path)
    assert origin(str(path))[:3] == ('mobilenet_v1', 0.25, SIDE)
    said, found = loaded(path)
    np.testing.assert_allclose(found, expected(mobilenet), atol=1e-4, rtol=1e-3)
    assert said.scaling == ''
    # Not told, it is said what it was taken for.
    classifier(mobilenet).save(path)
    assert 'taken to have seen pixels of -1..1 (else give --scaling)' in str(loaded(path)[0])


@pytest.mark.parametrize('kind', ['.keras', '.onnx', 'bundle'])
def test_another_scaling_goes_into_the_first_convolution(
    mobilenet: keras.Model, tmp_path: Path, kind: str
) -> None:
    whole = classifier(mobilenet, keras.layers.Rescaling(1 / 255))
    if kind == '.keras':
        path = tmp_path / 'mine.keras'
        whole.save(path)
    else:
        path = to_onnx(whole, tmp_path / 'mine.onnx')
    if kind == 'bundle':
        (tmp_path / 'labels.txt').write_text('cat\ndog\n')
        given = ['bundle', 'import', str(path), '--labels', str(tmp_path / 'labels.txt')]
        path = tmp_path / 'bundle'
        assert main([*given, '-o', str(path)]) == 0
    network = build_network('mobilenet_v1', SETTINGS)
    said = load_weights(network, path, SETTINGS)
    assert 'saw pixels scaled to 0..1' in str(said)
    pixels = images(2, SIDE).astype(np.float32)
    first = keras.Model(mobilenet.input, mobilenet.get_layer('conv1_bn').output)(pixels / 255)
    ours = keras.Model(network.input, network.get_layer('conv1_bn').output)(pixels)
    # But for the border, where both are padded with zeros that mean another grey.
    np.testing.assert_allclose(ours[:, 1:-1, 1:-1], first[:, 1:-1, 1:-1], atol=1e-4)


def test_what_cannot_be_weights_is_one_sentence(mobilenet: keras.Model, tmp_path: Path) -> None:
    whole = classifier(mobilenet)
    to_onnx(whole, tmp_path / 'whole.onnx')
    (tmp_path / 'text.onnx').write_text('text')
    (tmp_path / 'text.tflite').write_text('text')
    whole.export(tmp_path / 'saved', verbose=False)
    other = keras.Sequential(
        [keras.Input((SIDE, SIDE, 3)), keras.layers.Conv2D(8, 5), keras.layers.Flatten(),
         keras.layers.Dense(2)]
    )  # fmt: skip
    other.save(tmp_path / 'other.keras')
    for name, message in (
        ('whole.onnx', r'does not tell how its pixels are scaled: give --scaling'),
        ('text.onnx', r'is not an ONNX model'),
        ('text.tflite', r'is not a TensorFlow Lite model'),
        ('saved', r'is a SavedModel.*`training bundle import`'),
        ('other.keras', r'of no MobileNet that is known here'),
    ):
        with pytest.raises(PerceptionError, match=message) as caught:
            loaded(tmp_path / name)
        assert len(str(caught.value)) < 350
        assert '\n' not in str(caught.value)


@pytest.mark.skipif(not TINY.is_file(), reason=f'{TINY} is not there')
def test_biases_before_batch_norms_are_taken_in() -> None:
    said, _ = loaded(TINY, '0..1')
    assert (said.layers, origin(str(TINY)).size) == (54, 96)
