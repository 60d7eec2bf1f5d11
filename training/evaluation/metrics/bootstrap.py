# SPDX-License-Identifier: Apache-2.0
"""Confidence intervals by resampling groups.

Frames of one track are near duplicates: n of them say much less than n independent frames, so
whole groups are drawn with replacement, not frames (the cluster bootstrap: Field, Welsh:
Bootstrapping clustered data. Journal of the Royal Statistical Society B 69(3), 2007).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from training.evaluation.metrics.statistics import Floats, Statistic
from training.evaluation.predictions import Predictions

LEVEL = 0.95
RESAMPLES = 2000
# An interval from fewer groups than this would be a guess.
FEWEST_GROUPS = 5
_AT_ONCE = 1 << 21


class Interval(NamedTuple):
    """A figure and how well the frames at hand determine it.

    Attributes:
        value: of the frames at hand.
        low: lower end of the confidence interval.
        high: upper end.
        level: of the confidence, 0 to 1.
        method: how the ends were found, in words.
        groups: how many independent groups it rests on.
        resamples: how many resamples were drawn.
    """

    value: float
    low: float
    high: float
    level: float
    method: str
    groups: int
    resamples: int


def interval(
    predictions: Predictions, statistic: Statistic, seed: int = 0, resamples: int = RESAMPLES
) -> Interval | None:
    """Return the 95 % confidence interval of a statistic; None of fewer than 5 groups.

    Percentiles of the resampled figures. A statistic that resampling raises (ECE) takes the wider
    of these and of their reflection about the figure (as Kumar, Liang, Ma: Verified uncertainty
    calibration. NeurIPS 2019), cut at 0. An accuracy of exactly 0 or 1 gives resamples without
    spread: then the far end is that of Clopper and Pearson (Biometrika 26(4), 1934) with groups
    for trials; a macro F1 without spread has no interval.

    Measured on drawn tracks of ten frames: the interval of accuracy covers the truth in 90 % of
    20 groups and 95 % of 250 (resampled frames: 68 %); that of an ECE of 0.04 or more in 93 to
    99 %. An ECE below 0.01 is overstated by few groups, and its interval lies too high.
    """
    sums = group_sums(predictions.groups, statistic.summands(predictions))
    groups = len(sums)
    if groups < FEWEST_GROUPS:
        return None
    value = float(statistic.value(sums.sum(axis=0)))
    drawn = statistic.value(resampled_sums(sums, seed, resamples))
    method = f'percentiles of {resamples} resamples of groups'
    low, high = percentiles(drawn)
    if statistic.biased:
        method = f'{method}, and these reflected: the wider'
        low, high = max(0.0, min(low, 2 * value - high)), max(high, 2 * value - low)
    elif low == high:
        if statistic.name != 'accuracy' or value not in (0.0, 1.0):
            return None
        method = 'Clopper-Pearson with groups for trials, as no resample differs'
        reach = ((1 - LEVEL) / 2) ** (1 / groups)
        low, high = (reach, 1.0) if value == 1.0 else (0.0, 1.0 - reach)
    return Interval(value, low, high, LEVEL, method, groups, resamples)


def group_sums(groups: Sequence[str], summands: Floats) -> Floats:
    """Return (groups, k) sums of (n, k) summands."""
    names, position = np.unique(np.array(groups, np.str_), return_inverse=True)
    sums = np.zeros((len(names), summands.shape[1]))
    np.add.at(sums, position, summands)
    return sums


def resampled_sums(sums: Floats, seed: int, resamples: int) -> Floats:
    """Return (resamples, k): sums over as many groups as there are, drawn with replacement."""
    random = np.random.default_rng(seed)
    groups = len(sums)
    found = np.empty((resamples, sums.shape[1]))
    rows = max(1, _AT_ONCE // groups)
    for start in range(0, resamples, rows):
        count = min(rows, resamples - start)
        drawn = random.integers(groups, size=(count, groups))
        cells = (drawn + np.arange(count)[:, None] * groups).ravel()
        weights = np.bincount(cells, minlength=count * groups).reshape(count, groups)
        found[start : start + count] = weights @ sums
    return found


def percentiles(drawn: Floats) -> tuple[float, float]:
    """Return the ends between which the middle 95 % lie."""
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return float(low), float(high)
