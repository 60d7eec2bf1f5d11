# SPDX-License-Identifier: Apache-2.0
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np
import pytest

from training.errors import TrainingError
from training.fit.checkpoint import (
    Means,
    Position,
    checked_means,
    load_state,
    read_position,
    save_state,
)
from training.fit.journal import exclusive

POSITION = Position(2, 3, Means(3, {'loss': 0.1}), ({'epoch': 1, 'loss': 1 / 3},), 12.5)


def network() -> keras.Model:
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(500), keras.layers.Dropout(0.5)]
    )
    model.compile(keras.optimizers.Adam(), 'mse')
    model.optimizer.build(model.trainable_variables)
    return model


@contextmanager
def disk_of(size: int) -> Iterator[None]:
    """Let no file grow beyond a size: what a full disk is to a program."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_state_is_restored_exactly(tmp_path: Path) -> None:
    model, other = network(), network()
    model.fit(np.ones((8, 4)), np.ones((8, 500)), verbose=0)
    save_state(tmp_path, model, POSITION)
    assert read_position(tmp_path) == POSITION
    load_state(tmp_path, other)
    pairs = zip(
        [*model.weights, *model.optimizer.variables, model.layers[1].seed_generator.state],
        [*other.weights, *other.optimizer.variables, other.layers[1].seed_generator.state],
        strict=True,
    )
    for ours, theirs in pairs:
        to_numpy = keras.ops.convert_to_numpy
        np.testing.assert_array_equal(to_numpy(ours), to_numpy(theirs))


def test_a_full_disk_leaves_the_checkpoint_before(tmp_path: Path) -> None:
    model = network()
    save_state(tmp_path, model, POSITION)
    with disk_of(5000), pytest.raises(TrainingError, match='make room; the same command goes on'):
        save_state(tmp_path, model, POSITION._replace(epoch=3))
    assert read_position(tmp_path) == POSITION
    load_state(tmp_path, model)
    assert [path.name for path in tmp_path.iterdir()] == ['state.npz']


def test_a_damaged_checkpoint_is_said(tmp_path: Path) -> None:
    assert read_position(tmp_path) is None
    save_state(tmp_path, network(), POSITION)
    whole = (tmp_path / 'state.npz').read_bytes()
    (tmp_path / 'state.npz').write_bytes(whole[: len(whole) // 2])
    with pytest.raises(TrainingError, match='damaged or of another version'):
        read_position(tmp_path)


def test_parts_of_an_epoch_have_the_mean_of_the_whole() -> None:
    parts = Means(3, {'loss': 1.0}).joined(Means(1, {'loss': 5.0}))
    assert parts == Means(4, {'loss': 2.0})
    assert Means().joined(parts) == parts.joined(Means()) == parts


def test_divergence_is_said() -> None:
    with pytest.raises(TrainingError, match=r'lower optimizer\.learning_rate'):
        checked_means(3, {'loss': float('nan'), 'accuracy': 0.5})


def test_two_processes_do_not_train_one_run(tmp_path: Path) -> None:
    with (
        exclusive(tmp_path),
        pytest.raises(TrainingError, match='another process'),
        exclusive(tmp_path),
    ):
        pass
    with exclusive(tmp_path):
        pass
