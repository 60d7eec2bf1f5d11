# SPDX-License-Identifier: Apache-2.0
"""Whole models of Keras 2 load as they were trained, or are refused; code in them never runs."""

import sys
from pathlib import Path

import numpy as np
import pytest

from tests.training.networks.weights.keras2 import small_model, write_keras2
from training.configuration.file import default_data
from training.errors import TrainingError
from training.networks import NetworkSettings, build_network
from training.networks.weights import load_keras2_model, load_weights

tf_keras = pytest.importorskip('tf_keras', reason='the package tf-keras is not installed')

PERSON = default_data() / 'weights' / 'vww_96.h5'


def test_a_depthwise_network_computes_what_its_weights_say(tmp_path: Path) -> None:
    config, stored = small_model()
    model = load_keras2_model(write_keras2(tmp_path / 'old.h5', stored, config))
    image = np.random.default_rng(1).random((1, 4, 4, 2)).astype(np.float32)
    (kernel, bias), (gamma, beta, mean, variance), (weights, offset) = (each[1] for each in stored)
    padded = np.pad(image, ((0, 0), (1, 1), (1, 1), (0, 0)))
    features = np.zeros((4, 4, 2))
    for row in range(3):
        for column in range(3):
            features += padded[0, row : row + 4, column : column + 4] * kernel[row, column, :, 0]
    features = (features + bias - mean) / np.sqrt(variance + 0.001) * gamma + beta
    logits = features.mean(axis=(0, 1)) @ weights + offset
    expected = np.exp(logits) / np.exp(logits).sum()
    np.testing.assert_allclose(model(image).numpy()[0], expected, rtol=1e-4)


def test_code_in_a_file_is_refused(tmp_path: Path) -> None:
    config, stored = small_model()
    config['config']['layers'][3]['class_name'] = 'Lambda'
    with pytest.raises(TrainingError, match="'pool' of class Lambda, which is code"):
        load_keras2_model(write_keras2(tmp_path / 'old.h5', stored, config))


def test_an_option_that_keras_2_lacks_is_named(tmp_path: Path) -> None:
    config, stored = small_model(mystery='on')
    with pytest.raises(TrainingError, match=r"built by tf-keras .*not understood.*'mystery'"):
        load_keras2_model(write_keras2(tmp_path / 'old.h5', stored, config))


def test_a_file_of_keras_2_in_its_newer_format_gives_its_weights(tmp_path: Path) -> None:
    old = tf_keras.applications.MobileNet((32, 32, 3), alpha=0.25, weights=None, classes=3)
    old.save(tmp_path / 'old.keras')
    settings = NetworkSettings(32, 32, 0.25, 3, 0.0)
    network = build_network('mobilenet_v1', settings)
    assert load_weights(network, tmp_path / 'old.keras', settings).random == ()
    np.testing.assert_array_equal(network.get_weights()[0], old.get_weights()[0])
    coded = tf_keras.Sequential([tf_keras.Input((2,)), tf_keras.layers.Lambda(abs, name='code')])
    coded.save(tmp_path / 'coded.keras')
    with pytest.raises(TrainingError, match="'code' of class Lambda, which is code"):
        load_weights(network, tmp_path / 'coded.keras', settings)


def test_without_the_package_its_name_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, stored = small_model()
    monkeypatch.setitem(sys.modules, 'tf_keras', None)
    with pytest.raises(TrainingError, match=r"pip install --no-deps 'tf-keras==2\.\d+\.\*'$"):
        load_keras2_model(write_keras2(tmp_path / 'old.h5', stored, config))


def test_weights_alone_and_other_files_are_refused(tmp_path: Path) -> None:
    _, stored = small_model()
    with pytest.raises(TrainingError, match='weights without a model'):
        load_keras2_model(write_keras2(tmp_path / 'weights.h5', stored))
    (tmp_path / 'text.h5').write_text('no HDF5')
    with pytest.raises(TrainingError, match='cannot be read as HDF5'):
        load_keras2_model(tmp_path / 'text.h5')


@pytest.mark.skipif(not PERSON.is_file(), reason=f'{PERSON} is not there')
def test_the_visual_wake_words_network_sees_nobody_in_a_palace() -> None:
    sklearn = pytest.importorskip('sklearn.datasets')
    cv2 = pytest.importorskip('cv2')
    model = load_keras2_model(PERSON)
    palace = sklearn.load_sample_image('china.jpg')[:, 100:527]
    image = cv2.resize(palace, (96, 96), interpolation=cv2.INTER_AREA) / np.float32(255)
    nobody, person = model(image[None].astype(np.float32)).numpy()[0]
    assert nobody + person == pytest.approx(1, abs=1e-5)
    assert nobody > 0.9
