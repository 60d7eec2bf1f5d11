# SPDX-License-Identifier: Apache-2.0
"""Confidence intervals of shares and rates of cases in groups: pictures of one street, one sign.

Wilson's interval (JASA 22(158), 1927), for as many cases as they are worth: resampled groups tell
the share's variance, and how many independent cases would have it (Dean, Pagano: Evaluating
confidence interval methods for binomial proportions in clustered surveys. Journal of Survey
Statistics and Methodology 3(4), 2015).
"""

from collections.abc import Sequence
from math import log, sqrt
from typing import NamedTuple

import numpy as np

from mobilenet_perception.tools.intervals import (
    FEWEST_GROUPS,
    LEVEL,
    RESAMPLES,
    group_sums,
    percentiles,
    resampled_sums,
)

# Of the normal distribution, for 95 %.
_REACH = 1.96


class Rate(NamedTuple):
    """How often something happens a minute, and its 95 % interval; None: of too few groups."""

    value: float
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        """Return it as `0.12 (0.05 to 0.21)`."""
        if self.low is None:
            return f'{self.value:.2f}'
        return f'{self.value:.2f} ({self.low:.2f} to {self.high or 0:.2f})'


class Share(NamedTuple):
    """How many of the cases are so, and between what the share of all such cases lies.

    Attributes:
        hits: cases that are so.
        cases: all.
        low: lower end of the 95 % confidence interval; None: the groups are too few for one.
        high: upper end.
    """

    hits: int
    cases: int
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        """Return it as `12.3 % (8 to 17; 45 of 366)`."""
        if not self.cases:
            return '-'
        ends = (
            '' if self.low is None else f'{100 * self.low:.3g} to {100 * (self.high or 0):.3g}; '
        )
        return f'{self.hits / self.cases:.1%} ({ends}{self.hits} of {self.cases})'


def estimate(hits: Sequence[bool], groups: Sequence[str], seed: int = 0) -> Share:
    """Return the share of hits among cases; those of one group belong together.

    Args:
        hits: whether each case is one.
        groups: of each case.
        seed: of the resampling.
    """
    count, found = len(hits), int(sum(hits))
    if not count:
        return Share(0, 0)
    summands = np.stack([np.array(hits, np.float64), np.ones(count)], axis=1)
    sums = group_sums(groups, summands)
    if len(sums) < FEWEST_GROUPS:
        return Share(found, count)
    drawn = resampled_sums(sums, seed, RESAMPLES)
    value, variance = found / count, float((drawn[:, 0] / drawn[:, 1]).var())
    # Where all groups agree resamples do not differ: then a group counts as one case.
    worth = min(count, value * (1 - value) / variance) if variance else len(sums)
    return Share(found, count, *_wilson(value, worth))


def estimate_rate(
    counts: Sequence[int], minutes: Sequence[float], groups: Sequence[str], seed: int = 0
) -> Rate:
    """Return how often something happened a minute; stretches of one group belong together.

    Percentiles of resampled groups; of none at all, the exact upper end of a Poisson rate.

    Args:
        counts: how often in each stretch.
        minutes: how long each is.
        groups: of each.
        seed: of the resampling.
    """
    summands = np.stack([np.array(counts, np.float64), np.array(minutes, np.float64)], axis=1)
    sums = group_sums(groups, summands)
    count, time = sums.sum(axis=0)
    if not count:
        return Rate(0.0, 0.0, -log((1 - LEVEL) / 2) / time)
    if len(sums) < FEWEST_GROUPS:
        return Rate(count / time)
    drawn = resampled_sums(sums, seed, RESAMPLES)
    return Rate(count / time, *percentiles(drawn[:, 0] / drawn[:, 1]))


def _wilson(value: float, cases: float) -> tuple[float, float]:
    square = _REACH**2 / cases
    middle = (value + square / 2) / (1 + square)
    reach = _REACH / (1 + square) * sqrt(value * (1 - value) / cases + square / (4 * cases))
    return max(0.0, middle - reach), min(1.0, middle + reach)
