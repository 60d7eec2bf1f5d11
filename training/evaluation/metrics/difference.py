# SPDX-License-Identifier: Apache-2.0
"""Is one model better than another? Both on the same frames, compared group by group."""

from typing import Any, NamedTuple

import numpy as np

from training.errors import TrainingError
from training.evaluation.metrics.bootstrap import (
    FEWEST_GROUPS,
    LEVEL,
    RESAMPLES,
    Interval,
    group_sums,
    percentiles,
    resampled_sums,
)
from training.evaluation.metrics.statistics import ACCURACY, ECE, MACRO_F1, Statistic
from training.evaluation.predictions import Predictions


class Differences(NamedTuple):
    """First model minus second: above zero, the first has more of it. None: too few groups."""

    accuracy: Interval | None
    macro_f1: Interval | None
    ece: Interval | None

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        return {name: found._asdict() if found else None for name, found in self._asdict().items()}


def compare_models(
    first: Predictions, second: Predictions, seed: int = 0, resamples: int = RESAMPLES
) -> Differences:
    """Return the intervals of the differences of two models on the same frames.

    Raises:
        TrainingError: frames, truths, groups or labels of the two differ.
    """
    return Differences(
        *(
            difference(first, second, statistic, seed, resamples)
            for statistic in (ACCURACY, MACRO_F1, ECE)
        )
    )


def difference(
    first: Predictions,
    second: Predictions,
    statistic: Statistic,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Interval | None:
    """Return the 95 % interval of `first` minus `second`; None of fewer than 5 groups.

    Paired: every resample of groups is given to both, so what makes a group hard for both
    cancels. Percentiles of the differences; the bias that resampling gives an ECE cancels too,
    as far as it is the same for both.

    Raises:
        TrainingError: frames, truths, groups or labels of the two differ.
    """
    _check_same_frames(first, second)
    summands = [statistic.summands(predictions) for predictions in (first, second)]
    sums = group_sums(first.groups, np.concatenate(summands, axis=1))
    if len(sums) < FEWEST_GROUPS:
        return None
    drawn = np.split(resampled_sums(sums, seed, resamples), 2, axis=1)
    whole = np.split(sums.sum(axis=0), 2)
    low, high = percentiles(statistic.value(drawn[0]) - statistic.value(drawn[1]))
    value = float(statistic.value(whole[0]) - statistic.value(whole[1]))
    method = f'percentiles of {resamples} paired resamples of groups'
    return Interval(value, low, high, LEVEL, method, len(sums), resamples)


def _check_same_frames(first: Predictions, second: Predictions) -> None:
    for what in ('labels', 'names', 'groups'):
        if getattr(first, what) != getattr(second, what):
            raise TrainingError(
                f'the two models were evaluated on different {what}: '
                'evaluate both on the same frames, in the same order'
            )
    if not np.array_equal(first.truth, second.truth):
        raise TrainingError('the two models were evaluated against different truths')
