# SPDX-License-Identifier: Apache-2.0
"""Intervals: coverage on drawn data whose truth is known, and the cases at the edge."""

import numpy as np
import pytest

from mobilenet_perception.tools.intervals import group_sums, percentiles, resampled_sums
from tests.training.evaluation.metrics.examples import LABELS, answered, tracks
from training.evaluation.metrics.bootstrap import ACCURACY, ECE, MACRO_F1, interval
from training.evaluation.metrics.calibration import expected_calibration_error
from training.evaluation.metrics.classification import measure
from training.evaluation.predictions import Predictions

_TRIALS = 200
_TRUE_ACCURACY = 0.8


def _drawn(trial: int) -> Predictions:
    return tracks(np.random.default_rng(trial), groups=80)


def test_statistics_by_sums_equal_the_metrics() -> None:
    predictions = _drawn(0)
    metrics = measure(predictions.probabilities, predictions.truth, LABELS)
    ece = expected_calibration_error(predictions.probabilities, predictions.truth)
    for statistic, expected in (
        (ACCURACY, metrics.accuracy),
        (MACRO_F1, metrics.macro_f1),
        (ECE, ece),
    ):
        found = interval(predictions, statistic, resamples=50)
        assert found is not None
        assert found.value == pytest.approx(expected)
        assert found.low <= found.value <= found.high


def test_resampling_groups_covers_the_truth_as_often_as_it_says() -> None:
    found = [interval(_drawn(trial), ACCURACY, trial, 400) for trial in range(_TRIALS)]
    covered = np.mean([one is not None and one.low <= 0.8 <= one.high for one in found])
    assert 0.90 <= covered <= 0.99


def test_resampling_frames_would_not() -> None:
    def covers(trial: int) -> bool:
        drawn = resampled_sums(ACCURACY.summands(_drawn(trial)), trial, 200)
        low, high = percentiles(ACCURACY.value(drawn))
        return low <= _TRUE_ACCURACY <= high

    assert np.mean([covers(trial) for trial in range(100)]) < 0.75


def test_the_interval_of_ece_covers_that_of_a_calibrated_classifier() -> None:
    # Says 0.8 and is right on 0.8 of all frames: the ECE of many frames is 0.
    found = [interval(_drawn(trial), ECE, trial, 400) for trial in range(100)]
    covered = np.mean([one is not None and one.low <= 0.005 for one in found])
    assert covered >= 0.93


def test_the_same_seed_gives_the_same_interval() -> None:
    assert interval(_drawn(0), MACRO_F1, 3, 200) == interval(_drawn(0), MACRO_F1, 3, 200)
    assert interval(_drawn(0), MACRO_F1, 3, 200) != interval(_drawn(0), MACRO_F1, 4, 200)


def test_without_mistakes_the_accuracy_is_still_not_certain() -> None:
    truth = [index % 3 for index in range(60)]
    predictions = answered(truth, truth, [str(index // 2) for index in range(60)], 0.99)
    found = interval(predictions, ACCURACY, resamples=100)
    assert found is not None
    # 30 groups, all right: 0.025 = p ** 30.
    assert found.low == pytest.approx(0.025 ** (1 / 30))
    assert (found.value, found.high) == (1.0, 1.0)
    assert 'Clopper' in found.method
    assert interval(predictions, MACRO_F1, resamples=100) is None


def test_few_groups_have_no_interval() -> None:
    predictions = answered([0] * 40, [0] * 39 + [1], [str(i // 10) for i in range(40)], 0.9)
    assert interval(predictions, ACCURACY) is None


def test_every_resample_has_as_many_groups_as_there_are() -> None:
    sums = group_sums(['a', 'b', 'a', 'c'], np.array([[1.0], [1.0], [1.0], [1.0]]))
    assert sums.tolist() == [[2.0], [1.0], [1.0]]
    # Counting one for each group instead of each frame.
    drawn = resampled_sums(np.ones((1000, 1)), 0, 5000)
    assert (drawn == 1000).all()
