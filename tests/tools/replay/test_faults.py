# SPDX-License-Identifier: Apache-2.0
"""Faults as a person writes them."""

import math

import pytest

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.tools.replay.faults import FAULTS, Fault, parse_fault


@pytest.mark.parametrize(
    ('text', 'fault'),
    [
        ('slow=4@2-6', Fault('slow', 4.0, 2.0, 6.0)),
        ('drop', Fault('drop', 0.3, 0.0, math.inf)),
        ('clock=-250@1.5-', Fault('clock', -250.0, 1.5, math.inf)),
        ('encoding@0-1', Fault('encoding', 0.0, 0.0, 1.0)),
    ],
)
def test_kind_value_and_times(text: str, fault: Fault) -> None:
    assert parse_fault(text) == fault


def test_it_is_on_from_its_begin_to_before_its_end() -> None:
    fault = parse_fault('nan@2-6')
    assert [fault.active(seconds) for seconds in (1.99, 2.0, 5.99, 6.0)] == [
        False,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('boom', 'there is no fault .boom.: choose one of slow, stall'),
        ('slow=', 'is no fault: write KIND'),
        ('slow=4@6', 'is no fault: write KIND'),
        ('slow=1.2.3', 'holds what is no number'),
        ('slow=4@6-2', 'ends before it begins'),
        ('drop=1.5', 'drop=1.5 is not possible: give 0 to 1'),
        ('late=-3', 'is not possible: give 0 to 60000'),
        ('encoding=3', 'takes no value'),
    ],
)
def test_what_is_none_is_said(text: str, message: str) -> None:
    with pytest.raises(PerceptionError, match=message):
        parse_fault(text)


def test_every_kind_says_what_it_does() -> None:
    for kind in FAULTS.values():
        assert ('{}' in kind.meaning) == (kind.default is not None)
