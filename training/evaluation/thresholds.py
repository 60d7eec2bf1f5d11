# SPDX-License-Identifier: Apache-2.0
"""Thresholds with a promise: from which score of a label one frame shows it clearly enough.

They are chosen on the validation part so that of the frames that show nothing, no more than a
stated share is decided to show something, whichever data set they are of; and of those that show
something, no more is decided to show another thing, or nothing.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from mobilenet_perception.street.signals import BACKGROUND
from training.configuration.records import Record
from training.data.data_set import Floats, Indices
from training.evaluation.metrics.bootstrap import Interval, share_interval
from training.evaluation.predictions import Predictions

Flags = npt.NDArray[np.bool_]
RATE = 1 / 200
"""Share of the frames that show nothing of which a label may be decided."""
# Never below: what is no more likely than all else together is not clear.
_LOWEST = 0.5
# Just above the score of a frame that must not be decided.
_ABOVE = 1e-4


class Decided(Record):
    """What the thresholds make of some frames; each None: there are too few.

    Attributes:
        false: share of the frames that show nothing of which a label is decided.
        wrong: share of the others that are decided to show another thing, or nothing.
        found: share of the others that are decided to show what they show.
    """

    false: Interval | None
    wrong: Interval | None
    found: Interval | None


class Promise(Record):
    """The thresholds of a network, and what they make of the frames that they were chosen on.

    Attributes:
        rate: the share of false decisions that was asked for.
        decide_above: by label.
        validation: on the validation part.
    """

    rate: float
    decide_above: dict[str, float]
    validation: Decided


def choose_thresholds(
    predictions: Predictions,
    sources: Sequence[str] = (),
    nothing: str = BACKGROUND,
    rate: float = RATE,
) -> Promise | None:
    """Choose the thresholds of a network; None: no frame shows nothing, or none something.

    Args:
        predictions: calibrated, of the validation part.
        sources: (n) the data set of each frame, so that many easy frames do not outweigh few that
            are hard: the rate holds in each that has frames enough to tell it, and in all
            together. Empty: all are of one.
        nothing: label of frames that show none of the others.
        rate: see `RATE`.
    """
    shows = predictions.shows_something(nothing)
    if shows.all() or not shows.any():
        return None
    best, scores = predictions.predicted, predictions.confidence.astype(np.float64)
    right = best == predictions.truth
    thresholds = np.full(len(predictions.labels), _LOWEST)
    for frames in (*_by_source(~shows, sources, rate), shows):
        allowed = int(rate * frames.sum())
        _raise(thresholds, best, scores, right, frames & ~right, allowed)
    decide_above = {
        label: round(float(threshold), 4)
        for label, threshold in zip(predictions.labels, thresholds, strict=True)
    }
    return Promise(rate, decide_above, measure_decided(predictions, decide_above, nothing))


def measure_decided(
    predictions: Predictions, decide_above: Mapping[str, float], nothing: str = BACKGROUND
) -> Decided:
    """Return what thresholds by label make of some frames."""
    thresholds = np.array([decide_above[label] for label in predictions.labels])
    decided = predictions.confidence >= thresholds[predictions.predicted]
    right = predictions.predicted == predictions.truth
    shows, groups = predictions.shows_something(nothing), np.array(predictions.groups)

    def share(counted: Flags, frames: Flags) -> Interval | None:
        return share_interval(counted[frames], groups[frames].tolist())

    return Decided(
        false=share(decided & ~right, ~shows),
        wrong=share(decided & ~right, shows),
        found=share(decided & right, shows),
    )


def _by_source(frames: Flags, sources: Sequence[str], rate: float) -> Iterator[Flags]:
    """Yield those of each source that has enough of them, and last all."""
    named = np.array(sources or [''] * len(frames), np.str_)
    for source in np.unique(named[frames]):
        of_source = frames & (named == source)
        if rate * of_source.sum() >= 1.0:
            yield of_source
    yield frames


def _raise(
    thresholds: Floats,
    best: Indices,
    scores: Floats,
    right: Flags,
    false: Flags,
    allowed: int,
) -> None:
    """Raise thresholds, in place, until no more false answers than allowed are decided.

    Each time the one is raised, to just above its weakest false answer, that loses the fewest
    right ones by it.
    """
    while True:
        wrong = false & (scores >= thresholds[best])
        if wrong.sum() <= allowed:
            return
        costs = {}
        for label in np.unique(best[wrong]):
            to = scores[wrong & (best == label)].min() + _ABOVE
            lost = right & (best == label) & (scores >= thresholds[label]) & (scores < to)
            costs[label] = (int(lost.sum()), to - thresholds[label], to)
        label = min(costs, key=lambda one: costs[one][:2])
        thresholds[label] = min(1.0, costs[label][2])
