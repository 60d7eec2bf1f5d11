# SPDX-License-Identifier: Apache-2.0
"""Temperature scaling, and the score above which a label is taken.

Guo, Pleiss, Sun, Weinberger: On calibration of modern neural networks. ICML 2017.
"""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, logsumexp, softmax

from mobilenet_perception.inference.bundle import Decision
from training.data.data_set import Indices, Logits, Merge, Probabilities

_WANTED_PRECISION = 0.995
_HYSTERESIS = 0.25


def fit_temperature(logits: Logits, truth: Indices, merge: Merge | None = None) -> float:
    """Return what logits must be divided by for the least negative log likelihood.

    Args:
        logits: (n, outputs), of frames not trained on.
        truth: (n,) positions of the true labels.
        merge: (outputs, labels), where several outputs share a label.
    """
    rows = np.arange(len(truth))
    same = merge is None or np.asarray(merge, bool)[:, truth].T

    def loss(log_temperature: float) -> float:
        scaled = log_softmax(logits.astype(np.float64) / np.exp(log_temperature), axis=1)
        if merge is None:
            return float(-scaled[rows, truth].mean())
        return float(-logsumexp(np.where(same, scaled, -np.inf), axis=1).mean())

    found = minimize_scalar(loss, bounds=(np.log(0.05), np.log(20.0)), method='bounded')
    return round(float(np.exp(found.x)), 4)


def calibrated(logits: Logits, temperature: float, merge: Merge | None = None) -> Probabilities:
    """Return the (n, labels) probabilities of (n, outputs) logits."""
    scores = softmax(logits.astype(np.float64) / temperature, axis=1)
    return np.asarray(scores if merge is None else scores @ merge, np.float32)


def decision_thresholds(probabilities: Probabilities, truth: Indices) -> Decision:
    """Return the lowest thresholds at which a label that is taken is almost always right."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    for hundredths in range(50, 95, 5):
        taken = confidence >= hundredths / 100
        if taken.any() and right[taken].mean() >= _WANTED_PRECISION:
            break
    return Decision(hundredths / 100, round(hundredths / 100 - _HYSTERESIS, 2))
