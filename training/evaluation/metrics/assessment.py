# SPDX-License-Identifier: Apache-2.0
"""Everything that is measured of one set of predictions, and the accuracy of each group."""

from collections import Counter

from mobilenet_perception.tools.intervals import RESAMPLES
from training.configuration.records import Record
from training.data.data_set import Probabilities
from training.evaluation.metrics.bootstrap import STATISTICS, Interval, interval
from training.evaluation.metrics.calibration import Calibration, measure_calibration
from training.evaluation.metrics.classification import Metrics, Ranking, measure, measure_ranking
from training.evaluation.predictions import Predictions


class GroupAccuracy(Record):
    """How well one group is recognised.

    Attributes:
        group: its name.
        label: what its frames truly are; the most frequent, if several.
        frames: how many.
        correct: of them, how many are recognised.
        accuracy: their share, 0 to 1.
        mistaken_for: the wrong label given most often; empty if none.
    """

    group: str
    label: str
    frames: int
    correct: int
    accuracy: float
    mistaken_for: str


class Assessment(Record):
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


def accuracy_by_group(predictions: Predictions) -> tuple[GroupAccuracy, ...]:
    """Return every group, the worst first; of equals the one with more wrong frames first."""
    pairs: dict[str, list[tuple[int, int]]] = {}
    answers = zip(predictions.truth.tolist(), predictions.predicted.tolist(), strict=True)
    for group, answer in zip(predictions.groups, answers, strict=True):
        pairs.setdefault(group, []).append(answer)
    found = [_group(name, answers, predictions.labels) for name, answers in pairs.items()]
    return tuple(sorted(found, key=lambda g: (g.accuracy, g.correct - g.frames, g.group)))


def _group(name: str, pairs: list[tuple[int, int]], labels: tuple[str, ...]) -> GroupAccuracy:
    truth = Counter(true for true, _ in pairs)
    wrong = Counter(given for true, given in pairs if given != true)
    correct = len(pairs) - sum(wrong.values())
    return GroupAccuracy(
        group=name,
        label=labels[truth.most_common(1)[0][0]],
        frames=len(pairs),
        correct=correct,
        accuracy=correct / len(pairs),
        mistaken_for=labels[wrong.most_common(1)[0][0]] if wrong else '',
    )
