# SPDX-License-Identifier: Apache-2.0
"""Training for real: it learns, a killed run resumes, what is wrong is said."""

import importlib
import os
import signal
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.training.conftest import shared
from tests.training.fit.forked import run_forked
from tests.training.fit.toy import squares, tiny, train
from training.configuration.settings import Stage
from training.data.data_set import DataSet
from training.errors import TrainingError
from training.fit import checkpoint
from training.fit.network import label_indices, load_network, network_inputs
from training.fit.run_folder import Run
from training.images.batches import Batch, Batches


def kill(folder: Path, module: str, name: str, call: int, *settings: str) -> None:
    """Train in a process of its own that dies at the given call of a function."""
    ended = run_forked(folder.parent, _train_killed, folder, module, name, call, settings)
    assert ended.code == -signal.SIGKILL, ended.said


def _train_killed(
    folder: Path, module: str, name: str, call: int, settings: tuple[str, ...]
) -> None:
    owner: Any = importlib.import_module(module)
    *within, last = name.split('.')
    for part in within:
        owner = getattr(owner, part)
    original, calls = getattr(owner, last), count(1)

    def killed(*arguments: Any, **keywords: Any) -> Any:
        if next(calls) == call:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*arguments, **keywords)

    checkpoint.SAVE_SECONDS = 0.0
    setattr(owner, last, killed)
    train(folder, tiny(*settings))


@pytest.fixture(scope='session')
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return Run(shared(tmp_path_factory, 'undisturbed', lambda folder: train(folder, tiny())))


def test_it_learns_and_the_folder_tells_everything(undisturbed: Run) -> None:
    lines = undisturbed.read_json('curves.json')['epochs']
    assert [(line['epoch'], line['stage']) for line in lines] == [(1, 1), (2, 2), (3, 2)]
    assert lines[-1]['loss'] < lines[0]['loss'] - 0.1
    assert undisturbed.configuration() == tiny()
    network = load_network(undisturbed)
    assert network.input_shape == (None, 24, 24, 3)
    events = {'train': set(), 'validation': set()}  # type: dict[str, set[str]]
    for part, tags in events.items():
        for file in (undisturbed.folder / 'tensorboard' / part).iterdir():
            for record in tf.data.TFRecordDataset(str(file)):
                event = tf.compat.v1.Event.FromString(record.numpy())
                tags.update(value.tag for value in event.summary.value)
    assert events['train'] >= {'loss', 'accuracy', 'learning_rate'}
    assert events['validation'] == {'loss', 'accuracy'}


def test_the_model_kept_is_the_one_that_validated_best(undisturbed: Run) -> None:
    lines = undisturbed.read_json('curves.json')['epochs'][1:]
    best = min(lines, key=lambda line: line['val_loss'])
    validation = undisturbed.split().select(squares().samples, 'validation')
    images = network_inputs(validation, 24, 24).astype(np.float32)
    logits = load_network(undisturbed).predict(images, verbose=0)
    truth = label_indices(validation, ('red', 'green', 'blue'))
    shifted = logits - logits.max(axis=1, keepdims=True)
    chances = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
    loss = -np.log(chances[np.arange(len(truth)), truth]).mean()
    assert loss == pytest.approx(best['val_loss'], rel=1e-3)


def test_a_killed_run_ends_as_if_it_had_not_been(undisturbed: Run, tmp_path: Path) -> None:
    folder = tmp_path / 'run'
    # In the midst of an epoch, and in the midst of writing a checkpoint.
    kill(folder, 'training.fit.checkpoint', 'AfterStep.on_train_batch_end', 7)
    assert not (folder / 'model.keras').exists()
    kill(folder, 'training.fit.checkpoint', 'os.fsync', 5)
    resumed = train(folder, tiny())
    pairs = zip(
        resumed.read_json('curves.json')['epochs'],
        undisturbed.read_json('curves.json')['epochs'],
        strict=True,
    )
    for ours, theirs in pairs:
        for key in ('epoch', 'loss', 'val_loss', 'accuracy', 'learning_rate'):
            assert ours[key] == pytest.approx(theirs[key], abs=2e-3)
    weights = zip(
        load_network(resumed).get_weights(), load_network(undisturbed).get_weights(), strict=True
    )
    for mine, other in weights:
        np.testing.assert_allclose(mine, other, atol=5e-3)


def test_ctrl_c_keeps_the_steps_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    batch = Batches.batch

    def interrupted(self: Batches, epoch: int, index: int) -> Batch:
        if (epoch, index) == (0, 3):
            os.kill(os.getpid(), signal.SIGINT)
        return batch(self, epoch, index)

    with monkeypatch.context() as patch:
        patch.setattr(Batches, 'batch', interrupted)
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path / 'run', tiny())
    assert 'stopping after this step' in capsys.readouterr().out
    stages = tiny().stages[:1]
    with pytest.raises(TrainingError, match='another configuration'):
        train(tmp_path / 'run', tiny(stages=stages))
    train(tmp_path / 'run', tiny())
    assert 'resuming' in capsys.readouterr().out


def test_a_run_that_is_done_is_left_alone(
    undisturbed: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    before = undisturbed.model_file.stat().st_mtime_ns
    train(undisturbed.folder, tiny())
    assert 'is trained already' in capsys.readouterr().out
    assert undisturbed.model_file.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ('setting', 'message'),
    [
        ('hardware.distribute=machines', 'several machines'),
        pytest.param(
            'hardware.distribute=gpus',
            'sees no GPU here',
            marks=pytest.mark.skipif(
                bool(tf.config.list_physical_devices('GPU')), reason='this machine has a GPU'
            ),
        ),
        ('data.validation_share=0', 'patience needs images to judge by'),
    ],
)
def test_what_cannot_be_is_said(setting: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=message):
        train(tmp_path / 'run', tiny(setting))


def test_a_run_that_failed_before_its_first_step_is_no_obstacle(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="cannot be modified by 'kernel'"):
        train(tmp_path / 'run', tiny('network.modify.kernel=3'))
    stages = (Stage(1, 16, 16),)
    run = train(tmp_path / 'run', tiny('patience=0', stages=stages))
    assert run.model_file.is_file()
    with pytest.raises(TrainingError, match='another configuration'):
        train(tmp_path / 'run', tiny('patience=0', 'seed=3', stages=stages))


def test_data_of_one_label_are_refused(tmp_path: Path) -> None:
    red = [sample for sample in squares().samples if sample.label == 'red']
    with pytest.raises(TrainingError, match='a single label'):
        train(tmp_path / 'run', tiny(), DataSet(red, ('red',)))


def test_class_weights_do_not_go_with_a_mixture(tmp_path: Path) -> None:
    stage = Stage(1, 16, 16, mixture={'squares': 1.0})
    with pytest.raises(TrainingError, match='balances its classes by itself'):
        train(tmp_path / 'run', tiny('loss.class_weights=true', stages=(stage,)))
