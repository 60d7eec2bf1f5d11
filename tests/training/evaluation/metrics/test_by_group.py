# SPDX-License-Identifier: Apache-2.0
"""Accuracy of each group."""

from tests.training.evaluation.metrics.examples import answered
from training.evaluation.metrics.assessment import GroupAccuracy, accuracy_by_group


def test_the_worst_group_comes_first_with_what_it_was_mistaken_for() -> None:
    predictions = answered(
        truth=[0, 0, 1, 1, 1, 2],
        given=[0, 0, 2, 2, 1, 2],
        groups=['good', 'good', 'bad', 'bad', 'bad', 'also_good'],
        sure=0.9,
    )
    found = accuracy_by_group(predictions)
    assert found[0] == GroupAccuracy('bad', 'b', 3, 1, 1 / 3, 'c')
    assert [group.group for group in found] == ['bad', 'also_good', 'good']
    assert found[1].mistaken_for == ''


def test_of_equal_accuracy_more_mistakes_come_first() -> None:
    predictions = answered([0] * 6, [1] * 6, ['small', *['large'] * 5], 0.9)
    assert [group.group for group in accuracy_by_group(predictions)] == ['large', 'small']
