# SPDX-License-Identifier: Apache-2.0
"""Confidence intervals by resampling groups: frames of one track or picture are near duplicates.

n of them say much less than n independent frames, so whole groups are drawn with replacement, not
frames (the cluster bootstrap: Field, Welsh: Bootstrapping clustered data. Journal of the Royal
Statistical Society B 69(3), 2007). Figures are functions of sums over frames, so that a resample
only has to weigh sums.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

LEVEL = 0.95
RESAMPLES = 2000
# An interval from fewer groups than this would be a guess.
FEWEST_GROUPS = 5
_AT_ONCE = 1 << 21
Floats = npt.NDArray[np.float64]


class Ends(NamedTuple):
    """The ends of a 95 % confidence interval, and whether they are resamples or exact."""

    low: float
    high: float
    exact: bool = False


def mean_ends(values: Floats, groups: Sequence[str], seed: int = 0) -> list[Ends | None]:
    """Return the ends of the mean of each of (n, k) columns; None of fewer than 5 groups.

    Percentiles of resampled means. A mean of exactly 0 or 1 of values between them gives resamples
    without spread: then the far end is that of Clopper and Pearson (Biometrika 26(4), 1934), with
    groups for trials.

    Args:
        values: (n, k), of each frame, 0 to 1.
        groups: (n,) of frames that are alike.
        seed: of the resamples.
    """
    count = values.shape[1]
    summands = np.concatenate([values, np.ones((len(values), 1))], axis=1)
    sums = group_sums(groups, summands)
    if len(sums) < FEWEST_GROUPS:
        return [None] * count
    drawn = resampled_sums(sums, seed, RESAMPLES)
    whole = sums.sum(axis=0)
    found: list[Ends | None] = []
    for column in range(count):
        mean = whole[column] / whole[-1]
        if mean in (0.0, 1.0):
            found.append(without_spread(mean, len(sums)))
        else:
            found.append(Ends(*percentiles(drawn[:, column] / drawn[:, -1])))
    return found


def without_spread(value: float, groups: int) -> Ends:
    """Return the ends of a share that is 0 or 1, whatever is drawn."""
    reach = ((1 - LEVEL) / 2) ** (1 / groups)
    return Ends(reach, 1.0, True) if value == 1.0 else Ends(0.0, 1.0 - reach, True)


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
