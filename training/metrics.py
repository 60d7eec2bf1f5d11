# SPDX-License-Identifier: Apache-2.0
"""Metrics of a classifier from its probabilities: accuracy, per-class figures, calibration."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

Probabilities = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]
ECE_BINS = 15


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
    """

    frames: int
    correct: int
    accuracy: float
    ece: float
    per_class: dict[str, ClassMetrics]
    confusion: tuple[tuple[int, ...], ...]

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        per_class = {label: values._asdict() for label, values in self.per_class.items()}
        return {**self._asdict(), 'per_class': per_class}


def measure(probabilities: Probabilities, truth: Indices, labels: Sequence[str]) -> Metrics:
    """Return the metrics of (n, classes) probabilities against (n,) true positions."""
    predicted = probabilities.argmax(axis=1) if len(probabilities) else truth
    positions = range(len(labels))
    precision, recall, f1, support = precision_recall_fscore_support(
        truth, predicted, labels=positions, zero_division=0.0
    )
    seen = set(truth.tolist()) | set(predicted.tolist())
    correct = int((predicted == truth).sum())
    return Metrics(
        frames=len(truth),
        correct=correct,
        accuracy=correct / len(truth) if len(truth) else 0.0,
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
    )


def expected_calibration_error(
    probabilities: Probabilities, truth: Indices, bins: int = ECE_BINS
) -> float:
    """Return the mean gap between confidence and accuracy over equally wide bins.

    Guo, Pleiss, Sun, Weinberger: On calibration of modern neural networks. ICML 2017.
    """
    if not len(truth):
        return 0.0
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = (
        abs(float(confidence[inside].mean()) - float(right[inside].mean())) * inside.mean()
        for inside in (bin_of == index for index in range(bins))
        if inside.any()
    )
    return float(sum(gaps))
