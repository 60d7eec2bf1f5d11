# SPDX-License-Identifier: Apache-2.0
"""How far probabilities can be believed: reliability, calibration error, proper scores."""

import numpy as np

from training.configuration.records import Record
from training.data.data_set import Floats, Indices, Probabilities

ECE_BINS = 15
# The least probability that the logarithm sees: a float32 softmax can give an exact 0.
_LEAST = 1e-12


class ReliabilityBin(Record):
    """Frames whose top probability lies in one interval.

    Attributes:
        low: lower end of the interval, inclusive.
        high: upper end, exclusive but for 1.
        frames: how many.
        confidence: their mean top probability, 0 to 1.
        accuracy: share of them whose top label is right, 0 to 1.
    """

    low: float
    high: float
    frames: int
    confidence: float
    accuracy: float


class Calibration(Record):
    """How well probabilities are calibrated.

    Attributes:
        frames: how many were measured.
        ece: expected calibration error of the top label, 0 to 1.
        nll: mean negative log likelihood of the true label, in nats, 0 or more.
        brier: mean squared distance of the probabilities from the truth, 0 to 2.
        bins: the reliability diagram, rising; intervals without frames are left out.
    """

    frames: int
    ece: float
    nll: float
    brier: float
    bins: tuple[ReliabilityBin, ...]


def measure_calibration(probabilities: Probabilities, truth: Indices) -> Calibration:
    """Return the calibration of (n, classes) probabilities against (n,) true positions."""
    return Calibration(
        frames=len(truth),
        ece=expected_calibration_error(probabilities, truth),
        nll=negative_log_likelihood(probabilities, truth),
        brier=brier_score(probabilities, truth),
        bins=reliability_bins(probabilities, truth),
    )


def expected_calibration_error(
    probabilities: Probabilities, truth: Indices, bins: int = ECE_BINS
) -> float:
    """Return the mean gap between confidence and accuracy over equally wide bins.

    Guo, Pleiss, Sun, Weinberger: On calibration of modern neural networks. ICML 2017, section 2.
    """
    found = reliability_bins(probabilities, truth, bins)
    return sum(abs(one.confidence - one.accuracy) * one.frames / len(truth) for one in found)


def reliability_bins(
    probabilities: Probabilities, truth: Indices, bins: int = ECE_BINS
) -> tuple[ReliabilityBin, ...]:
    """Return the bins of equal width that hold frames, rising."""
    if not len(truth):
        return ()
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == truth
    bin_of = bin_indices(confidence, bins)
    return tuple(
        ReliabilityBin(
            index / bins,
            (index + 1) / bins,
            int(inside.sum()),
            float(confidence[inside].mean()),
            float(right[inside].mean()),
        )
        for index, inside in ((index, bin_of == index) for index in range(bins))
        if inside.any()
    )


def bin_indices(confidence: Floats, bins: int = ECE_BINS) -> Indices:
    """Return (n,) bins of (n,) confidences from 0 to 1."""
    return np.minimum((confidence * bins).astype(np.int64), bins - 1)


def negative_log_likelihood(probabilities: Probabilities, truth: Indices) -> float:
    """Return the mean of -log p(true label), in nats."""
    if not len(truth):
        return 0.0
    given = probabilities[np.arange(len(truth)), truth].astype(np.float64)
    return float(-np.log(np.maximum(given, _LEAST)).mean())


def brier_score(probabilities: Probabilities, truth: Indices) -> float:
    """Return the mean over frames of the squared differences, summed over classes: 0 to 2.

    Brier: Verification of forecasts expressed in terms of probability. Monthly Weather Review
    78(1), 1950.
    """
    if not len(truth):
        return 0.0
    difference = probabilities.astype(np.float64)
    difference[np.arange(len(truth)), truth] -= 1.0
    return float((difference**2).sum(axis=1).mean())
