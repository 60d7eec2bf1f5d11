# SPDX-License-Identifier: Apache-2.0
"""Calibration figures, worked out by hand."""

import numpy as np
import pytest

from training.evaluation.metrics.calibration import measure_calibration


def test_reliability_bins_of_a_known_table() -> None:
    # Ten frames at 0.9, of which 7 are right; five at 0.5, all right.
    probabilities = np.array([[0.9, 0.1]] * 10 + [[0.5, 0.5]] * 5, np.float32)
    truth = np.array([0] * 7 + [1] * 3 + [0] * 5)
    found = measure_calibration(probabilities, truth)
    assert [(one.frames, one.accuracy) for one in found.bins] == [(5, 1.0), (10, 0.7)]
    assert found.bins[1].confidence == pytest.approx(0.9)
    assert all(one.low <= one.confidence <= one.high for one in found.bins)
    assert found.ece == pytest.approx((0.2 * 10 + 0.5 * 5) / 15)


def test_nll_and_brier_of_two_frames() -> None:
    probabilities = np.array([[0.8, 0.2], [0.4, 0.6]], np.float32)
    found = measure_calibration(probabilities, np.array([0, 0]))
    assert found.nll == pytest.approx(-(np.log(0.8) + np.log(0.4)) / 2)
    assert found.brier == pytest.approx((2 * 0.2**2 + 2 * 0.6**2) / 2)


def test_a_perfect_classifier_has_no_error_and_a_wrong_one_stays_finite() -> None:
    sure = np.eye(2, dtype=np.float32)
    right = measure_calibration(sure, np.array([0, 1]))
    assert (right.ece, right.nll, right.brier) == (0.0, 0.0, 0.0)
    wrong = measure_calibration(sure, np.array([1, 0]))
    assert (wrong.ece, wrong.brier) == (1.0, 2.0)
    assert 20 < wrong.nll < 100
