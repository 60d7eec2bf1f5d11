# SPDX-License-Identifier: Apache-2.0
"""What share of labels is right: overall, among the first k, for each class, at any threshold."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn import metrics

from training.configuration.records import Record
from training.data.data_set import Floats, Indices, Probabilities
from training.evaluation.metrics.calibration import expected_calibration_error

_TOP_K = (1, 3, 5)


class ClassMetrics(Record):
    """How well one class is recognised; each of the first three is 0 to 1."""

    precision: float
    recall: float
    f1: float
    support: int


class Metrics(Record):
    """How well a set of frames is recognised.

    Attributes:
        frames: how many.
        correct: of them, how many have the right label on top.
        accuracy: their share, 0 to 1.
        ece: expected calibration error of the top label, 0 to 1.
        per_class: by label; labels without frames and without predictions are left out.
        confusion: (labels, labels) counts, rows: truth, columns: predicted.
        top_k: by k, the share of frames whose true label is among the k most probable; k is 1, 3
            and 5, as far as there are more labels than that.
        balanced_accuracy: mean recall of the classes that have frames (macro recall).
        macro_precision: mean precision of the classes that have frames.
        macro_f1: mean F1 of the classes that have frames.
    """

    frames: int
    correct: int
    accuracy: float
    ece: float
    per_class: dict[str, ClassMetrics]
    confusion: tuple[tuple[int, ...], ...]
    top_k: dict[int, float]
    balanced_accuracy: float
    macro_precision: float
    macro_f1: float


class ClassRanking(Record):
    """One class against the rest: areas under its two curves, 0 to 1."""

    roc_auc: float
    average_precision: float


class Ranking(Record):
    """Every class against the rest.

    Attributes:
        per_class: by label; classes without frames, or that all frames are of, are left out,
            because the figures are undefined for them.
        macro_roc_auc: mean over these classes; None without any.
        macro_average_precision: likewise.
    """

    per_class: dict[str, ClassRanking]
    macro_roc_auc: float | None
    macro_average_precision: float | None


class Curve(NamedTuple):
    """A curve to draw; both (points,) float64, 0 to 1."""

    x: Floats
    y: Floats


def measure(probabilities: Probabilities, truth: Indices, labels: Sequence[str]) -> Metrics:
    """Return the metrics of (n, classes) probabilities against (n,) true positions."""
    ks = [k for k in _TOP_K if k < len(labels)]
    if not len(truth):
        nothing = ((0,) * len(labels),) * len(labels)
        return Metrics(0, 0, 0.0, 0.0, {}, nothing, dict.fromkeys(ks, 0.0), 0.0, 0.0, 0.0)
    predicted = probabilities.argmax(axis=1)
    positions = range(len(labels))
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        truth, predicted, labels=positions, zero_division=0.0
    )
    seen = set(truth.tolist()) | set(predicted.tolist())
    known = support > 0
    correct = int((predicted == truth).sum())
    return Metrics(
        frames=len(truth),
        correct=correct,
        accuracy=correct / len(truth),
        ece=expected_calibration_error(probabilities, truth),
        per_class={
            labels[i]: ClassMetrics(
                float(precision[i]), float(recall[i]), float(f1[i]), int(support[i])
            )
            for i in positions
            if i in seen
        },
        confusion=tuple(
            tuple(int(count) for count in row)
            for row in metrics.confusion_matrix(truth, predicted, labels=positions)
        ),
        top_k=top_k_accuracy(probabilities, truth, ks),
        balanced_accuracy=float(recall[known].mean()),
        macro_precision=float(precision[known].mean()),
        macro_f1=float(f1[known].mean()),
    )


def top_k_accuracy(
    probabilities: Probabilities, truth: Indices, ks: Iterable[int]
) -> dict[int, float]:
    """Return by k the share of frames, of one or more, with the true label among the first k.

    Of labels equally probable the first counts as the more probable, as in `argmax`.
    """
    order = np.argsort(-probabilities, axis=1, kind='stable')
    rank = (order == truth[:, None]).argmax(axis=1)
    return {k: float((rank < k).mean()) for k in ks}


def measure_ranking(
    probabilities: Probabilities, truth: Indices, labels: Sequence[str]
) -> Ranking:
    """Rank the frames by each column of (n, classes) probabilities."""
    found = {}
    for index in defined_classes(truth, len(labels)):
        positive = truth == index
        scores = probabilities[:, index]
        found[labels[index]] = ClassRanking(
            float(metrics.roc_auc_score(positive, scores)),
            float(metrics.average_precision_score(positive, scores)),
        )
    return Ranking(
        found,
        float(np.mean([one.roc_auc for one in found.values()])) if found else None,
        float(np.mean([one.average_precision for one in found.values()])) if found else None,
    )


def defined_classes(truth: Indices, classes: int) -> list[int]:
    """Return the classes that some, but not all, frames are of."""
    counts = np.bincount(truth, minlength=classes)
    return [int(index) for index in np.flatnonzero((counts > 0) & (counts < len(truth)))]


def roc(scores: Probabilities, positive: npt.NDArray[np.bool_]) -> Curve:
    """Return false positive rate (x) and true positive rate (y) of falling thresholds."""
    x, y, _ = metrics.roc_curve(positive, scores)
    return Curve(x, y)


def precision_recall(scores: Probabilities, positive: npt.NDArray[np.bool_]) -> Curve:
    """Return recall (x) and precision (y) of falling thresholds."""
    precision, recall, _ = metrics.precision_recall_curve(positive, scores)
    return Curve(recall[::-1], precision[::-1])
