# SPDX-License-Identifier: Apache-2.0
"""Metrics of a classifier from its probabilities: pure functions on arrays."""

from training.arrays import Indices, Logits, Probabilities, Scores
from training.metrics.assessment import Assessment, assess
from training.metrics.bootstrap import Interval
from training.metrics.by_group import GroupAccuracy, accuracy_by_group
from training.metrics.calibration import (
    ECE_BINS,
    Calibration,
    ReliabilityBin,
    expected_calibration_error,
    measure_calibration,
)
from training.metrics.classification import ClassMetrics, Metrics, measure
from training.metrics.difference import Differences, compare_models
from training.metrics.ranking import ClassRanking, Ranking, measure_ranking

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
