# SPDX-License-Identifier: Apache-2.0
"""Statistics as functions of sums over frames, so that a bootstrap only has to weigh sums."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from training.evaluation.metrics.calibration import ECE_BINS, bin_indices
from training.evaluation.predictions import Predictions

Floats = npt.NDArray[np.float64]


class Statistic(NamedTuple):
    """A figure that depends on the frames through sums alone.

    Attributes:
        name: of the figure.
        summands: gives (n, k) float64, what each frame adds to the sums.
        value: gives (...) float64 from (..., k) sums.
        biased: resampling raises it beyond what it is (it is made of absolute values), which
            the interval must undo.
    """

    name: str
    summands: Callable[[Predictions], Floats]
    value: Callable[[Floats], Floats]
    biased: bool = False


def _accuracy_summands(predictions: Predictions) -> Floats:
    right = predictions.predicted == predictions.truth
    return np.stack([right, np.ones_like(right)], axis=1).astype(np.float64)


def _accuracy(sums: Floats) -> Floats:
    share: Floats = sums[..., 0] / np.maximum(sums[..., 1], 1.0)
    return share


def _f1_summands(predictions: Predictions) -> Floats:
    # Hits of each class, then frames given it plus frames truly of it, then the latter alone.
    one_hot = np.eye(len(predictions.labels))
    given, true = one_hot[predictions.predicted], one_hot[predictions.truth]
    return np.concatenate([given * true, given + true, true], axis=1)


def _macro_f1(sums: Floats) -> Floats:
    hits, either, true = np.split(sums, 3, axis=-1)
    f1 = 2.0 * hits / np.maximum(either, 1.0)
    known = true > 0
    mean: Floats = (f1 * known).sum(axis=-1) / np.maximum(known.sum(axis=-1), 1)
    return mean


def _ece_summands(predictions: Predictions) -> Floats:
    confidence = predictions.confidence.astype(np.float64)
    gap = confidence - (predictions.predicted == predictions.truth)
    bins = np.eye(ECE_BINS)[bin_indices(confidence)]
    frames = np.ones((len(gap), 1))
    return np.asarray(np.concatenate([bins * gap[:, None], frames], axis=1), np.float64)


def _ece(sums: Floats) -> Floats:
    gaps: Floats = np.abs(sums[..., :-1]).sum(axis=-1)
    mean: Floats = gaps / np.maximum(sums[..., -1], 1.0)
    return mean


ACCURACY = Statistic('accuracy', _accuracy_summands, _accuracy)
MACRO_F1 = Statistic('macro_f1', _f1_summands, _macro_f1)
ECE = Statistic('ece', _ece_summands, _ece, biased=True)
STATISTICS = (ACCURACY, MACRO_F1, ECE)
