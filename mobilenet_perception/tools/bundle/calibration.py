# SPDX-License-Identifier: Apache-2.0
"""Calibration of a classifier's scores: the temperature, and the thresholds of a decision.

Temperature scaling: Guo, Pleiss, Sun, Weinberger: On calibration of modern neural networks. ICML
2017. The thresholds of a decision rest on it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from mobilenet_perception.inference.bundle import Decision

Array = npt.NDArray[Any]

_LOWEST, _HIGHEST = 0.05, 20.0
_PRECISE = 1e-6
_WANTED_PRECISION = 0.995
_HYSTERESIS = 0.25
# (sqrt(5) - 1) / 2
_GOLDEN_RATIO = 0.6180339887498949


def fit_temperature(logits: Array, truth: Array, merge: Array | None = None) -> float:
    """Return what logits must be divided by for the least negative log likelihood.

    Args:
        logits: (n, outputs), of frames not trained on.
        truth: (n,) positions of the true labels.
        merge: (outputs, labels), where several outputs share a label.
    """
    rows = np.arange(len(truth))
    same: Any = True if merge is None else np.asarray(merge, bool)[:, truth].T

    def loss(log_temperature: float) -> float:
        scaled = log_softmax(logits.astype(np.float64) / np.exp(log_temperature))
        if merge is None:
            return float(-scaled[rows, truth].mean())
        return float(-_log_of_sum(np.where(same, scaled, -np.inf)).mean())

    return round(float(np.exp(_minimum(loss, np.log(_LOWEST), np.log(_HIGHEST)))), 4)


def log_softmax(logits: Array) -> Array:
    """Return the logarithms of the (n, outputs) probabilities of (n, outputs) logits."""
    result: Array = logits - _log_of_sum(logits)[:, np.newaxis]
    return result


def decision_thresholds(probabilities: Array, truth: Array) -> Decision:
    """Return the lowest thresholds at which a label that is taken is almost always right."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    for hundredths in range(50, 95, 5):
        taken = confidence >= hundredths / 100
        if taken.any() and right[taken].mean() >= _WANTED_PRECISION:
            break
    return Decision(hundredths / 100, round(hundredths / 100 - _HYSTERESIS, 2))


def _log_of_sum(values: Array) -> Array:
    """Return the logarithm of the sum of exponentials of each row, without overflow."""
    highest = values.max(axis=1, keepdims=True)
    result: Array = np.log(np.exp(values - highest).sum(axis=1)) + highest[:, 0]
    return result


def _minimum(of: Callable[[float], float], low: float, high: float) -> float:
    """Return where a function with one minimum has it, by golden-section search."""
    inner = [high - _GOLDEN_RATIO * (high - low), low + _GOLDEN_RATIO * (high - low)]
    values = [of(place) for place in inner]
    while high - low > _PRECISE:
        if values[0] < values[1]:
            high, inner[1], values[1] = inner[1], inner[0], values[0]
            inner[0] = high - _GOLDEN_RATIO * (high - low)
            values[0] = of(inner[0])
        else:
            low, inner[0], values[0] = inner[0], inner[1], values[1]
            inner[1] = low + _GOLDEN_RATIO * (high - low)
            values[1] = of(inner[1])
    return (low + high) / 2
