# SPDX-License-Identifier: Apache-2.0
"""Which mistakes are the worst."""

import numpy as np

from training.evaluation.predictions import Predictions, worst_mistakes


def _predictions() -> Predictions:
    # Five frames of b, taken for a with rising probability, but for the last.
    sure = np.array([0.6, 0.7, 0.8, 0.9, 0.1], np.float32)
    probabilities = np.stack([sure, 1 - sure], axis=1)
    groups = ('other', 'track', 'track', 'track', 'track')
    return Predictions(
        ('a', 'b'), probabilities, np.ones(5, np.int64), groups, ('0', '1', '2', '3', '4')
    )


def test_the_surest_mistakes_come_first_and_no_group_fills_the_list() -> None:
    found = worst_mistakes(_predictions(), per_group=2)
    assert [mistake.name for mistake in found] == ['3', '2', '0']
    assert [mistake.position for mistake in found] == [3, 2, 0]
    assert (found[0].truth, found[0].predicted) == ('b', 'a')
    assert np.isclose([found[0].probability, found[0].true_probability], [0.9, 0.1]).all()


def test_no_more_than_asked_for() -> None:
    assert [mistake.name for mistake in worst_mistakes(_predictions(), 1)] == ['3']
    right = _predictions()._replace(truth=np.array([0, 0, 0, 0, 1]))
    assert worst_mistakes(right) == ()
