# SPDX-License-Identifier: Apache-2.0
"""Weights tell which network they are of, and for which size of images."""

import shutil
from pathlib import Path

import keras
import pytest

from mobilenet_perception.inference.bundle import default_bundle_path, load_bundle
from tests.training.fit.toy import tiny, train
from training.configuration.settings import Stage
from training.errors import TrainingError
from training.networks import NetworkSettings, build_network
from training.networks.weights.origin import Origin, origin


def network(architecture: str, alpha: float, size: int) -> keras.Model:
    return build_network(architecture, NetworkSettings(size, size, alpha, 3, 0.0))


@pytest.mark.parametrize(
    ('architecture', 'alpha'),
    [('mobilenet_v1', 0.25), ('mobilenet_v2', 0.35), ('mobilenet_v3_small', 0.75)],
)
def test_a_file_of_keras_tells_all_three(architecture: str, alpha: float, tmp_path: Path) -> None:
    network(architecture, alpha, 64).save(tmp_path / 'mine.keras')
    assert origin(str(tmp_path / 'mine.keras')) == Origin(architecture, alpha, 64)


def test_an_hdf5_file_tells_its_size_by_its_input_or_its_name(tmp_path: Path) -> None:
    model = network('mobilenet_v1', 0.5, 128)
    model.save(tmp_path / 'whole_of_2024.h5')
    assert origin(str(tmp_path / 'whole_of_2024.h5')) == Origin('mobilenet_v1', 0.5, 128)
    model.save_weights(tmp_path / 'mobilenet_v1_0.5_160.weights.h5')
    # Weights of Keras 3 say no order of layers, by which an architecture is told.
    assert origin(str(tmp_path / 'mobilenet_v1_0.5_160.weights.h5')) == Origin(None, None, 160)
    shutil.copy(tmp_path / 'mobilenet_v1_0.5_160.weights.h5', tmp_path / 'mine.weights.h5')
    assert origin(str(tmp_path / 'mine.weights.h5')).size == 224


def test_a_run_and_a_bundle_say_it(tmp_path: Path) -> None:
    settings = ('network.architecture=mobilenet_v2', 'network.modify.kernel_size=5', 'patience=0')
    run = train(tmp_path / 'run', tiny(*settings, stages=(Stage(1, 32, 32),)))
    assert origin(str(run.folder)) == Origin('mobilenet_v2', 0.5, 32, {'kernel_size': 5})
    best = load_bundle(default_bundle_path()).manifest.variants[0]
    found = origin(str(default_bundle_path()))
    assert found == Origin(best.architecture, best.alpha, best.height)


def test_weights_that_are_not_there_are_said(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match='there are no weights'):
        origin(str(tmp_path / 'none.h5'))
    (tmp_path / 'text.h5').write_text('no weights')
    with pytest.raises(TrainingError, match='cannot be read as HDF5'):
        origin(str(tmp_path / 'text.h5'))
