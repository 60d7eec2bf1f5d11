# SPDX-License-Identifier: Apache-2.0
"""Figures of a small table, worked out by hand."""

import json

import numpy as np
import pytest

from training.configuration.records import to_json
from training.evaluation.metrics.classification import measure, top_k_accuracy

# Truth a a b b b; given a b b b a; class c has no frames.
PROBABILITIES = np.array(
    [[0.6, 0.3, 0.1], [0.3, 0.6, 0.1], [0.1, 0.8, 0.1], [0.2, 0.5, 0.3], [0.5, 0.2, 0.3]],
    np.float32,
)
TRUTH = np.array([0, 0, 1, 1, 1])


def test_macro_figures_are_means_over_the_classes_that_have_frames() -> None:
    metrics = measure(PROBABILITIES, TRUTH, ('a', 'b', 'c'))
    # Recall 1/2 and 2/3, precision 1/2 and 2/3, so F1 the same.
    mean = (1 / 2 + 2 / 3) / 2
    assert metrics.balanced_accuracy == pytest.approx(mean)
    assert metrics.macro_precision == pytest.approx(mean)
    assert metrics.macro_f1 == pytest.approx(mean)
    assert metrics.accuracy == 0.6
    assert set(metrics.per_class) == {'a', 'b'}


def test_top_k_counts_the_true_label_among_the_k_most_probable() -> None:
    # The last frame ranks its truth third, the second ranks it second.
    assert top_k_accuracy(PROBABILITIES, TRUTH, (1, 2, 3)) == {1: 0.6, 2: 0.8, 3: 1.0}


def test_top_k_of_equal_probabilities_agrees_with_the_label_given() -> None:
    even = np.full((3, 3), 1 / 3, np.float32)
    metrics = measure(even, np.array([0, 1, 2]), ('a', 'b', 'c'))
    assert metrics.top_k[1] == metrics.accuracy == pytest.approx(1 / 3)


def test_top_k_stops_short_of_all_labels() -> None:
    assert set(measure(PROBABILITIES, TRUTH, ('a', 'b', 'c')).top_k) == {1}
    wide = np.eye(6, dtype=np.float32)
    assert measure(wide, np.arange(6), tuple('abcdef')).top_k == {1: 1.0, 3: 1.0, 5: 1.0}


def test_no_frames_give_zeros_not_nan() -> None:
    nothing = measure(np.zeros((0, 2), np.float32), np.zeros(0, np.int64), ('a', 'b'))
    assert (nothing.frames, nothing.accuracy, nothing.macro_f1) == (0, 0.0, 0.0)
    json.dumps(to_json(nothing), allow_nan=False)
