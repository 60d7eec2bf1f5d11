# SPDX-License-Identifier: Apache-2.0
"""The ladder: sorted, and without those that another beats."""

from mobilenet_perception.inference.bundle import Variant
from mobilenet_perception.tools.bundle.ladder import make_ladder


def variant(name: str, accuracy: float, macs: int, precision: str = 'fp32') -> Variant:
    return Variant(
        name, f'{name}.onnx', 'mobilenet_v2', 1.0, 32, 32, precision, accuracy, 1, macs, 1.0
    )


def test_the_most_accurate_comes_first() -> None:
    ladder = make_ladder([variant('small', 0.9, 10), variant('large', 0.99, 100)])
    assert [one.name for one in ladder.kept] == ['large', 'small']
    assert not ladder.dropped


def test_what_is_no_better_and_no_cheaper_is_dropped_with_the_reason() -> None:
    ladder = make_ladder(
        [
            variant('good', 0.95, 2_000_000),
            variant('beaten', 0.94, 3_000_000),
            variant('top', 0.99, 9),
        ]
    )
    assert [one.name for one in ladder.kept] == ['top']
    assert '94.00%, 3.0 M: ' in ladder.dropped['beaten']
    assert set(ladder.dropped) == {'beaten', 'good'}


def test_of_two_alike_one_stays() -> None:
    ladder = make_ladder([variant('b', 0.9, 10), variant('a', 0.9, 10)])
    assert [one.name for one in ladder.kept] == ['a']


def test_precisions_are_not_weighed_against_each_other() -> None:
    ladder = make_ladder([variant('full', 0.9, 10), variant('int8', 0.89, 10, 'int8')])
    assert [one.name for one in ladder.kept] == ['full', 'int8']
