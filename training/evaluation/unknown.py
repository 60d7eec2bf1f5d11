# SPDX-License-Identifier: Apache-2.0
"""Scores that tell frames of the known classes from everything else, and how well they do.

Both scores are high for what is known. The largest probability is the one that the robot has: the
exported graph gives probabilities, and the decision's `unknown` rests on them. The energy needs
the logits; it is measured to show what a graph that gave it would gain.
"""

import math

import numpy as np
from scipy.special import logsumexp
from sklearn.metrics import roc_auc_score

from training.configuration.records import Record
from training.data.data_set import Logits, Probabilities, Scores
from training.errors import TrainingError

KNOWN_KEPT = 0.95


class Detection(Record):
    """How well one score tells known frames from unknown ones.

    Attributes:
        score: its name.
        known: how many frames of known classes.
        unknown: how many others.
        auroc: probability that a known frame scores above an unknown one, 0 to 1; 0.5 is chance.
        threshold: the highest at which at least 95 % of the known frames are kept.
        known_kept: the share of known frames at or above it, 0.95 to 1.
        unknown_kept: the share of unknown frames at or above it: the false positive rate at
            95 % true positive rate (FPR95), 0 to 1; less is better.
    """

    score: str
    known: int
    unknown: int
    auroc: float
    threshold: float
    known_kept: float
    unknown_kept: float


def max_probability(probabilities: Probabilities) -> Scores:
    """Return the largest of each row of (n, classes) probabilities.

    Hendrycks, Gimpel: A baseline for detecting misclassified and out-of-distribution examples in
    neural networks. ICLR 2017, section 3.
    """
    return np.asarray(probabilities.max(axis=1, initial=0.0), np.float64)


def energy(logits: Logits, temperature: float = 1.0) -> Scores:
    """Return the negative free energy, T logsumexp(logits / T), of each row of (n, classes).

    Liu, Wang, Owens, Li: Energy-based out-of-distribution detection. NeurIPS 2020, section 3.1.
    """
    scaled = logits.astype(np.float64) / temperature
    return np.asarray(temperature * logsumexp(scaled, axis=1), np.float64)


def measure_detection(score: str, known: Scores, unknown: Scores) -> Detection:
    """Return how well a score tells (k,) known frames from (u,) unknown ones.

    Raises:
        TrainingError: there are no frames of either kind, or a score is not finite.
    """
    if not len(known) or not len(unknown):
        raise TrainingError(
            f'{len(known)} known and {len(unknown)} unknown frames: '
            'give some of both to measure how unknown inputs are told apart'
        )
    both = np.concatenate([known, unknown])
    if not np.isfinite(both).all():
        raise TrainingError(f'the score {score} of some frames is not a finite number')
    threshold = keeping_threshold(known)
    is_known = np.arange(len(both)) < len(known)
    return Detection(
        score=score,
        known=len(known),
        unknown=len(unknown),
        auroc=float(roc_auc_score(is_known, both)),
        threshold=threshold,
        known_kept=float((known >= threshold).mean()),
        unknown_kept=float((unknown >= threshold).mean()),
    )


def keeping_threshold(known: Scores, share: float = KNOWN_KEPT) -> float:
    """Return the highest threshold that keeps at least a share of (n,) scores, n from 1."""
    # The tolerance keeps 0.95 * 20 = 19.000000000000004 from asking for one more.
    kept = max(1, math.ceil(share * len(known) - 1e-9))
    return float(np.sort(known)[len(known) - kept])
