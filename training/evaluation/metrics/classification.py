# SPDX-License-Identifier: Apache-2.0
"""What share of the labels is right: overall, among the first k, and for each class."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from training.data.arrays import Indices, Probabilities
from training.evaluation.metrics.calibration import expected_calibration_error

_TOP_K = (1, 3, 5)


class ClassMetrics(NamedTuple):
    """How well one class is recognised; each of the first three is 0 to 1."""

    precision: float
    recall: float
    f1: float
    support: int


class Metrics(NamedTuple):
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

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        per_class = {label: values._asdict() for label, values in self.per_class.items()}
        top_k = {str(k): share for k, share in self.top_k.items()}
        return {**self._asdict(), 'per_class': per_class, 'top_k': top_k}


def measure(probabilities: Probabilities, truth: Indices, labels: Sequence[str]) -> Metrics:
    """Return the metrics of (n, classes) probabilities against (n,) true positions."""
    ks = [k for k in _TOP_K if k < len(labels)]
    if not len(truth):
        nothing = ((0,) * len(labels),) * len(labels)
        return Metrics(0, 0, 0.0, 0.0, {}, nothing, dict.fromkeys(ks, 0.0), 0.0, 0.0, 0.0)
    predicted = probabilities.argmax(axis=1)
    positions = range(len(labels))
    precision, recall, f1, support = precision_recall_fscore_support(
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
            for row in confusion_matrix(truth, predicted, labels=positions)
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
