# SPDX-License-Identifier: Apache-2.0
"""How well the probability of a class tells it from all others, whatever the threshold."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.metrics import (
    average_precision_score,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)

from training.data.arrays import Indices, Probabilities


class ClassRanking(NamedTuple):
    """One class against the rest: areas under its two curves, 0 to 1."""

    roc_auc: float
    average_precision: float


class Ranking(NamedTuple):
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

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        per_class = {label: found._asdict() for label, found in self.per_class.items()}
        return {**self._asdict(), 'per_class': per_class}


class Curve(NamedTuple):
    """A curve to draw; both (points,) float64, 0 to 1."""

    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]


def measure_ranking(
    probabilities: Probabilities, truth: Indices, labels: Sequence[str]
) -> Ranking:
    """Rank the frames by each column of (n, classes) probabilities."""
    found = {}
    for index in defined_classes(truth, len(labels)):
        positive = truth == index
        scores = probabilities[:, index]
        found[labels[index]] = ClassRanking(
            float(roc_auc_score(positive, scores)),
            float(average_precision_score(positive, scores)),
        )
    areas = np.array(list(found.values()))
    return Ranking(
        found,
        float(areas[:, 0].mean()) if found else None,
        float(areas[:, 1].mean()) if found else None,
    )


def defined_classes(truth: Indices, classes: int) -> list[int]:
    """Return the classes that some, but not all, frames are of."""
    counts = np.bincount(truth, minlength=classes)
    return [int(index) for index in np.flatnonzero((counts > 0) & (counts < len(truth)))]


def roc(scores: npt.NDArray[np.float32], positive: npt.NDArray[np.bool_]) -> Curve:
    """Return false positive rate (x) and true positive rate (y) of falling thresholds."""
    x, y, _ = roc_curve(positive, scores)
    return Curve(x, y)


def precision_recall(scores: npt.NDArray[np.float32], positive: npt.NDArray[np.bool_]) -> Curve:
    """Return recall (x) and precision (y) of falling thresholds."""
    precision, recall, _ = precision_recall_curve(positive, scores)
    return Curve(recall[::-1], precision[::-1])
