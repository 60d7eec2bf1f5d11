# SPDX-License-Identifier: Apache-2.0
"""The interval of the difference of two models on the same frames."""

import numpy as np
import pytest

from tests.training.evaluation.metrics.examples import answered, tracks
from training.errors import TrainingError
from training.evaluation.metrics.bootstrap import ACCURACY, compare_models, difference, interval
from training.evaluation.predictions import Predictions


def _better_on_a_tenth(worse: Predictions) -> Predictions:
    """Return predictions right on the same frames, and on every tenth group as well."""
    helped = np.array([int(group) % 10 == 0 for group in worse.groups])
    given = np.where(helped, worse.truth, worse.predicted)
    return answered(worse.truth.tolist(), given.tolist(), list(worse.groups), 0.8)


def test_pairing_shows_what_two_separate_intervals_hide() -> None:
    worse = tracks(np.random.default_rng(0), groups=400)
    better = _better_on_a_tenth(worse)
    found = difference(better, worse, ACCURACY, resamples=500)
    alone = [interval(one, ACCURACY, resamples=500) for one in (better, worse)]
    assert found is not None
    assert alone[0] is not None
    assert alone[1] is not None
    assert found.value == pytest.approx(alone[0].value - alone[1].value)
    assert 0 < found.low < found.value < found.high
    assert alone[0].low < alone[1].high


def test_a_model_does_not_differ_from_itself() -> None:
    model = tracks(np.random.default_rng(0), groups=50)
    for found in compare_models(model, model, resamples=100)._asdict().values():
        assert found is not None
        assert (found.low, found.value, found.high) == (0.0, 0.0, 0.0)


def test_swapping_the_models_turns_the_sign() -> None:
    worse = tracks(np.random.default_rng(0), groups=50)
    better = _better_on_a_tenth(worse)
    there = difference(better, worse, ACCURACY, resamples=200)
    back = difference(worse, better, ACCURACY, resamples=200)
    assert there is not None
    assert back is not None
    assert back.value == -there.value
    assert back.low == pytest.approx(-there.high)


def test_other_frames_are_refused() -> None:
    model = tracks(np.random.default_rng(0), groups=10)
    with pytest.raises(TrainingError, match='different names'):
        compare_models(model, model._replace(names=('x',) * len(model.names)))
    with pytest.raises(TrainingError, match='different truths'):
        compare_models(model, model._replace(truth=(model.truth + 1) % 3))
