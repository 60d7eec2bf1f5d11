# SPDX-License-Identifier: Apache-2.0
"""Metrics of a classifier from its probabilities: pure functions on arrays."""

from training.data.data_set import Indices, Logits, Probabilities, Scores
from training.evaluation.metrics.assessment import (
    Assessment,
    GroupAccuracy,
    accuracy_by_group,
    assess,
)
from training.evaluation.metrics.bootstrap import Differences, Interval, compare_models
from training.evaluation.metrics.calibration import (
    ECE_BINS,
    Calibration,
    ReliabilityBin,
    expected_calibration_error,
    measure_calibration,
)
from training.evaluation.metrics.classification import (
    ClassMetrics,
    ClassRanking,
    Metrics,
    Ranking,
    measure,
    measure_ranking,
)

__all__ = [
    'ECE_BINS',
    'Assessment',
    'Calibration',
    'ClassMetrics',
    'ClassRanking',
    'Differences',
    'GroupAccuracy',
    'Indices',
    'Interval',
    'Logits',
    'Metrics',
    'Probabilities',
    'Ranking',
    'ReliabilityBin',
    'Scores',
    'accuracy_by_group',
    'assess',
    'compare_models',
    'expected_calibration_error',
    'measure',
    'measure_calibration',
    'measure_ranking',
]
