# SPDX-License-Identifier: Apache-2.0
"""Metrics and calibration, against figures worked out by hand or by construction."""

import numpy as np
import pytest

from mobilenet_perception.tools.bundle.calibration import decision_thresholds, fit_temperature
from training.evaluation.metrics.calibration import expected_calibration_error
from training.evaluation.metrics.classification import measure
from training.export.parity import calibrated


def test_metrics_of_a_small_table() -> None:
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.6, 0.4]], np.float32)
    metrics = measure(probabilities, np.array([0, 0, 1, 1]), ('a', 'b'))
    assert (metrics.frames, metrics.correct, metrics.accuracy) == (4, 3, 0.75)
    assert metrics.confusion == ((2, 0), (1, 1))
    assert metrics.per_class['a'].precision == pytest.approx(2 / 3)
    assert metrics.per_class['b'].recall == 0.5
    # One frame in each bin: gaps of 0.1, 0.2, 0.3 and 0.6.
    assert metrics.ece == pytest.approx((0.1 + 0.2 + 0.3 + 0.6) / 4, abs=1e-6)


def test_temperature_finds_what_the_logits_were_multiplied_by() -> None:
    random = np.random.default_rng(0)
    logits = random.normal(0, 1.5, (20_000, 5)).astype(np.float32)
    shares = calibrated(logits, 1.0)
    truth = np.array([random.choice(5, p=row / row.sum()) for row in shares.astype(float)])
    sharper = 3.0 * logits
    temperature = fit_temperature(sharper, truth)
    assert temperature == pytest.approx(3.0, rel=0.05)
    before = expected_calibration_error(calibrated(sharper, 1.0), truth)
    after = expected_calibration_error(calibrated(sharper, temperature), truth)
    assert before > 0.1
    assert after < 0.02


def test_thresholds_rise_until_taken_labels_are_right() -> None:
    right, wrong = [0.95, 0.05], [0.32, 0.68]
    probabilities = np.array([right] * 99 + [wrong] * 10, np.float32)
    truth = np.zeros(109, int)
    decision = decision_thresholds(probabilities, truth)
    assert decision.decide_above == 0.7
    assert decision.leave_below < decision.decide_above
