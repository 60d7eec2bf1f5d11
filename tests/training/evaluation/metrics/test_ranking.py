# SPDX-License-Identifier: Apache-2.0
"""Areas under curves, worked out by hand and by construction."""

import numpy as np
import pytest

from training.configuration.records import to_json
from training.data.data_set import Probabilities
from training.evaluation.metrics.classification import measure_ranking, precision_recall, roc


def _two_columns(first: list[float]) -> Probabilities:
    column = np.array(first, np.float32)
    return np.stack([column, 1 - column], axis=1)


def test_one_pair_out_of_order() -> None:
    # Positives 0.9 0.8 0.4, negatives 0.6 0.1: of the 6 pairs one is the wrong way round.
    found = measure_ranking(
        _two_columns([0.9, 0.8, 0.4, 0.6, 0.1]), np.array([0, 0, 0, 1, 1]), ('a', 'b')
    )
    assert found.per_class['a'].roc_auc == pytest.approx(5 / 6)
    # Recall rises at ranks 1, 2 and 4, with precision 1, 1 and 3/4.
    assert found.per_class['a'].average_precision == pytest.approx((1 + 1 + 3 / 4) / 3)
    assert found.macro_roc_auc == pytest.approx(5 / 6)


def test_perfect_and_random_classifiers() -> None:
    random = np.random.default_rng(0)
    truth = random.integers(3, size=6000)
    labels = ('a', 'b', 'c')
    perfect = measure_ranking(np.eye(3, dtype=np.float32)[truth], truth, labels)
    assert perfect.macro_roc_auc == perfect.macro_average_precision == 1.0
    guesses = random.dirichlet(np.ones(3), 6000).astype(np.float32)
    chance = measure_ranking(guesses, truth, labels)
    assert chance.macro_roc_auc == pytest.approx(0.5, abs=0.03)
    assert chance.macro_average_precision == pytest.approx(1 / 3, abs=0.03)


def test_classes_without_frames_are_left_out() -> None:
    found = measure_ranking(np.eye(3, dtype=np.float32)[[0, 1]], np.array([0, 1]), tuple('abc'))
    assert set(found.per_class) == {'a', 'b'}
    alone = measure_ranking(_two_columns([0.9]), np.array([0]), ('a', 'b'))
    assert to_json(alone) == {
        'per_class': {},
        'macro_roc_auc': None,
        'macro_average_precision': None,
    }


def test_curves_run_from_strict_to_lenient() -> None:
    scores = np.array([0.9, 0.8, 0.4, 0.6, 0.1], np.float32)
    positive = np.array([True, True, True, False, False])
    curve = roc(scores, positive)
    assert (curve.x[0], curve.y[0], curve.x[-1], curve.y[-1]) == (0, 0, 1, 1)
    curve = precision_recall(scores, positive)
    assert (curve.x[0], curve.y[0]) == (0, 1)
    assert (curve.x[-1], curve.y[-1]) == (1, pytest.approx(3 / 5))
