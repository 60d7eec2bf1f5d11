# SPDX-License-Identifier: Apache-2.0
"""Thresholds keep their promise on frames that they were not chosen on."""

import numpy as np
import pytest

from training.evaluation.predictions import Predictions
from training.evaluation.thresholds import choose_thresholds, measure_decided

LABELS = ('stop', 'yield', 'bus', 'background')


def drawn(seed: int, frames: int = 4000, nothing: bool = True) -> Predictions:
    """Frames of a network that errs: it takes much of nothing for a stop sign."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, 4 if nothing else 3, frames)
    logits = random.normal(0.0, 1.0, (frames, 4))
    logits[np.arange(frames), truth] += 3.0
    logits[truth == 3, 0] += random.exponential(1.0, (truth == 3).sum())
    scores = np.exp(logits)
    scores /= scores.sum(axis=1, keepdims=True)
    names = tuple(str(number) for number in range(frames))
    return Predictions(LABELS, scores.astype(np.float32), truth, names, names)


def test_the_rate_holds_on_other_frames_and_only_where_it_must_is_much_lost() -> None:
    promise = choose_thresholds(drawn(0))
    assert promise is not None
    assert promise.validation.false is not None and promise.validation.false.value <= 1 / 200
    others = measure_decided(drawn(1), promise.decide_above)
    assert others.false is not None and others.found is not None
    assert others.false.low <= 1 / 200 and others.false.value < 0.012
    assert others.found.value > 0.5
    # What is taken for a stop sign must be sure; the others are not made to pay for it.
    assert promise.decide_above['stop'] > promise.decide_above['yield'] + 0.05
    loose = choose_thresholds(drawn(0), rate=0.05)
    assert loose is not None and loose.validation.found is not None
    assert promise.validation.found is not None
    assert loose.validation.found.value > promise.validation.found.value


def test_the_rate_holds_in_each_source_however_many_easy_frames_there_are() -> None:
    hard, easy = drawn(0), drawn(2, frames=12000)
    easy.probabilities[easy.truth == 3] = (0.0, 0.0, 0.0, 1.0)
    both = Predictions(
        LABELS,
        np.concatenate([hard.probabilities, easy.probabilities]),
        np.concatenate([hard.truth, easy.truth]),
        hard.groups + easy.groups,
        hard.names + easy.names,
    )
    together = choose_thresholds(both)
    apart = choose_thresholds(both, ['hard'] * 4000 + ['easy'] * 12000)
    assert together is not None and apart is not None
    of_all, of_each = (measure_decided(hard, one.decide_above) for one in (together, apart))
    assert of_all.false is not None and of_all.false.value > 0.01
    assert of_each.false is not None and of_each.false.value <= 1 / 200


def test_a_source_of_few_frames_is_not_held_to_a_rate_that_it_cannot_tell() -> None:
    one = drawn(0)
    few = ['few'] * 100 + ['many'] * 3900
    by_source, by_all = choose_thresholds(one, few), choose_thresholds(one)
    assert by_source is not None and by_all is not None
    assert by_source.decide_above['stop'] == pytest.approx(by_all.decide_above['stop'], abs=0.02)


def test_without_frames_of_nothing_there_is_no_promise() -> None:
    assert choose_thresholds(drawn(0, nothing=False)) is None
    assert choose_thresholds(drawn(0), nothing='no such label') is None
