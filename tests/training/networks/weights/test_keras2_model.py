# SPDX-License-Identifier: Apache-2.0
"""Whole models of Keras 2 load as they were trained, or are refused; code in them never runs."""

from pathlib import Path

import numpy as np
import pytest

from tests.training.networks.weights.keras2 import small_model, write_keras2
from training.configuration.file import default_data
from training.errors import TrainingError
from training.networks.weights import load_keras2_model

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


def test_an_option_that_keras_3_lacks_is_named(tmp_path: Path) -> None:
    config, stored = small_model(mystery='on')
    with pytest.raises(TrainingError, match="'depthwise' with mystery = 'on'"):
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
