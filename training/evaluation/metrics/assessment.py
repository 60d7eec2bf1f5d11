# SPDX-License-Identifier: Apache-2.0
"""Everything that is measured of one set of predictions."""

from typing import Any, NamedTuple

from training.data.arrays import Probabilities
from training.evaluation.metrics.bootstrap import RESAMPLES, Interval, interval
from training.evaluation.metrics.by_group import GroupAccuracy, accuracy_by_group
from training.evaluation.metrics.calibration import Calibration, measure_calibration
from training.evaluation.metrics.classification import Metrics, measure
from training.evaluation.metrics.ranking import Ranking, measure_ranking
from training.evaluation.metrics.statistics import STATISTICS
from training.evaluation.predictions import Predictions


class Assessment(NamedTuple):
    """What is measured of one set of frames.

    Attributes:
        metrics: accuracy, top-k, per-class figures, confusion matrix.
        ranking: ROC AUC and average precision of each class.
        calibration: of the probabilities as published.
        uncalibrated: of the same frames without temperature scaling; None: not given.
        groups: accuracy of each group, the worst first.
        intervals: 95 % confidence intervals of `accuracy`, `macro_f1` and `ece`; those that the
            frames cannot support are left out.
    """

    metrics: Metrics
    ranking: Ranking
    calibration: Calibration
    uncalibrated: Calibration | None
    groups: tuple[GroupAccuracy, ...]
    intervals: dict[str, Interval]

    def to_json(self) -> dict[str, Any]:
        """Return JSON values, without NaN."""
        return {
            'metrics': self.metrics.to_json(),
            'ranking': self.ranking.to_json(),
            'calibration': self.calibration.to_json(),
            'uncalibrated': self.uncalibrated.to_json() if self.uncalibrated else None,
            'groups': [group._asdict() for group in self.groups],
            'intervals': {name: found._asdict() for name, found in self.intervals.items()},
        }


def assess(
    predictions: Predictions,
    uncalibrated: Probabilities | None = None,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Assessment:
    """Measure predictions.

    Args:
        predictions: as published, that is calibrated.
        uncalibrated: (n, classes) probabilities of the same frames at temperature 1.
        seed: of the intervals.
        resamples: of each interval.
    """
    probabilities, truth, labels = predictions.probabilities, predictions.truth, predictions.labels
    found = {one.name: interval(predictions, one, seed, resamples) for one in STATISTICS}
    return Assessment(
        metrics=measure(probabilities, truth, labels),
        ranking=measure_ranking(probabilities, truth, labels),
        calibration=measure_calibration(probabilities, truth),
        uncalibrated=None if uncalibrated is None else measure_calibration(uncalibrated, truth),
        groups=accuracy_by_group(predictions),
        intervals={name: one for name, one in found.items() if one is not None},
    )
