# SPDX-License-Identifier: Apache-2.0
"""Training for real: the loss falls, a killed run resumes, what is wrong is said."""

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from mobilenet_perception.simulation import LABELS
from training.architectures import NetworkSettings, build_network
from training.complexity import multiply_adds
from training.configuration import (
    Configuration,
    configuration_from_json,
    configuration_to_json,
    load_configuration,
)
from training.data.mixture import Mixture
from training.data.street_signals import data_hash, read_street_signals, split_street_signals
from training.errors import TrainingError
from training.fit import fit, load_network
from training.run_folder import Run

from .conftest import tiny


def train(folder: Path, configuration: Configuration, data: Path) -> Run:
    samples = read_street_signals(data)
    split = split_street_signals(samples, data, 0.2, 0.2, configuration.seed)
    run = Run(folder)
    run.start(configuration, split, data_hash(samples))
    fit(run, configuration, samples, split)
    return run


def weights(run: Run) -> list[npt.NDArray[np.float32]]:
    return list(load_network(run).get_weights())


@pytest.fixture(scope='module')
def undisturbed(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train(tmp_path_factory.mktemp('run') / 'whole', tiny(), data)


def test_the_loss_falls_and_the_folder_tells_everything(undisturbed: Run) -> None:
    epochs = undisturbed.read_json('curves.json')['epochs']
    assert [line['epoch'] for line in epochs] == [1, 2, 3, 4]
    assert epochs[-1]['loss'] < epochs[0]['loss'] - 0.2
    assert undisturbed.configuration() == tiny()
    assert set(undisturbed.environment()) >= {'python', 'keras', 'numpy', 'data_sha256'}
    assert undisturbed.split().test


def test_a_killed_run_ends_as_if_it_had_not_been(
    data: Path, undisturbed: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = Mixture.draw
    draws = 0

    def killed(self: Mixture, height: int, width: int, random: np.random.Generator) -> object:
        nonlocal draws
        draws += 1
        if draws > 16 * 6 * 2.5:  # in the middle of the third epoch
            raise KeyboardInterrupt
        return draw(self, height, width, random)

    with monkeypatch.context() as patch:
        patch.setattr(Mixture, 'draw', killed)
        with pytest.raises(BaseException):  # noqa: B017
            train(tmp_path / 'run', tiny(), data)
    assert not (tmp_path / 'run' / 'model.keras').exists()
    resumed = train(tmp_path / 'run', tiny(), data)
    for ours, theirs in zip(weights(resumed), weights(undisturbed), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-3)
    epochs = resumed.read_json('curves.json')['epochs']
    assert [line['epoch'] for line in epochs] == [1, 2, 3, 4]
    whole = undisturbed.read_json('curves.json')['epochs']
    assert epochs[-1]['loss'] == pytest.approx(whole[-1]['loss'], abs=0.02)


def test_a_run_is_not_mixed_with_another(data: Path, undisturbed: Run) -> None:
    with pytest.raises(TrainingError, match='another configuration'):
        train(undisturbed.folder, tiny(seed=2), data)
    split = undisturbed.split()
    with pytest.raises(TrainingError, match='other data'):
        undisturbed.start(tiny(), split, 'another')


def test_a_configuration_of_another_version_is_refused() -> None:
    text = configuration_to_json(tiny())
    assert configuration_from_json(text) == tiny()
    value = {**json.loads(text), 'momentum': 0.9}
    with pytest.raises(TrainingError, match='another version'):
        configuration_from_json(json.dumps(value))


def test_a_configuration_file_that_gives_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / 'broken.py'
    path.write_text('def configuration():\n    return 3\n')
    with pytest.raises(TrainingError, match='must return'):
        load_configuration(path)
    with pytest.raises(TrainingError, match='no configuration file'):
        load_configuration(tmp_path / 'absent.py')


def test_the_mixture_is_balanced_and_names_what_is_missing(data: Path) -> None:
    samples = read_street_signals(data)
    mixture = Mixture(samples, {'lights': 1.0, 'background': 1.0})
    random = np.random.default_rng(0)
    labels = [mixture.draw(32, 32, random).label for _ in range(300)]
    assert 110 < labels.count('background') < 190
    assert {label for label in labels if label != 'background'} == set(LABELS[:3])
    with pytest.raises(TrainingError, match='names drive, which has no samples'):
        Mixture(samples, {'drive': 1.0})


@pytest.mark.parametrize(
    ('alpha', 'size', 'parameters', 'macs'),
    # Sandler et al., CVPR 2018, and the table beside Google's weights: with 1000 classes.
    [(1.0, 224, 3.47e6, 300e6), (0.35, 224, 1.66e6, 59e6)],
)
def test_mobilenet_v2_has_the_size_of_the_paper(
    alpha: float, size: int, parameters: float, macs: float
) -> None:
    model = build_network('mobilenet_v2', NetworkSettings(size, size, alpha, 1000, 0.0))
    trainable = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    assert trainable == pytest.approx(parameters, rel=0.02)
    assert multiply_adds(model) == pytest.approx(macs, rel=0.03)


def test_an_unknown_architecture_is_named() -> None:
    with pytest.raises(TrainingError, match=r"'mobilenet_v9'.*mobilenet_v2"):
        build_network('mobilenet_v9', NetworkSettings(32, 32, 1.0, 2, 0.0))
