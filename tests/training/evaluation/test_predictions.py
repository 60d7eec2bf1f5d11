# SPDX-License-Identifier: Apache-2.0
"""Predictions are stored whole, and read back only when they fit together."""

from pathlib import Path

import numpy as np
import pytest

from training.errors import TrainingError
from training.evaluation.predictions import (
    Predictions,
    check_predictions,
    load_predictions,
    save_predictions,
)


def _predictions() -> Predictions:
    probabilities = np.array([[0.9, 0.1], [0.4, 0.6]], np.float32)
    return Predictions(
        ('stop', 'Vorfahrt gewähren'),
        probabilities,
        np.array([0, 0]),
        ('track/1', 'track/2'),
        ('ä.png', 'b.png'),
    )


def test_what_is_saved_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / 'new' / 'test.npz'
    save_predictions(path, _predictions())
    found = load_predictions(path)
    assert found[0::3] == _predictions()[0::3]
    assert found.names == _predictions().names
    np.testing.assert_array_equal(found.probabilities, _predictions().probabilities)
    assert found.predicted.tolist() == [0, 1]
    assert found.confidence.tolist() == pytest.approx([0.9, 0.6])


def test_no_frames_are_saved_too(tmp_path: Path) -> None:
    nothing = Predictions(('a',), np.zeros((0, 1), np.float32), np.zeros(0, np.int64), (), ())
    save_predictions(tmp_path / 'none.npz', nothing)
    found = load_predictions(tmp_path / 'none.npz')
    assert found.names == ()
    assert len(found.predicted) == len(found.confidence) == 0


def test_pickles_damage_and_absence_are_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match='no predictions in'):
        load_predictions(tmp_path / 'absent.npz')
    objects = tmp_path / 'objects.npz'
    anything = np.array([object()])
    np.savez(objects, labels=anything, probabilities=anything)
    cut = tmp_path / 'cut.npz'
    save_predictions(cut, _predictions())
    cut.write_bytes(cut.read_bytes()[:-60])
    other = tmp_path / 'other.npz'
    np.savez(other, x=np.zeros(3))
    for path in (objects, cut, other):
        with pytest.raises(TrainingError, match=r'evaluate. again'):
            load_predictions(path)


@pytest.mark.parametrize(
    ('change', 'words'),
    [
        ({'groups': ('one',)}, 'do not fit together'),
        ({'truth': np.array([0, 2])}, 'outside the 2 labels'),
        ({'probabilities': np.array([[np.nan, 0.1], [0.4, 0.6]], np.float32)}, 'from 0 to 1'),
    ],
)
def test_what_does_not_fit_together_is_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(TrainingError, match=words):
        check_predictions(_predictions()._replace(**change), 'test')  # type: ignore[arg-type]
