# SPDX-License-Identifier: Apache-2.0
"""What the records of a camera say together."""

import pytest

from mobilenet_perception.pipeline.input_trouble import retries
from mobilenet_perception.pipeline.timing import (
    FrameRecord,
    Outcome,
    miss_rate,
    stage_percentiles,
    variant_shares,
)


def record(
    outcome: Outcome, variant: str = '', reason: str = '', age_ms: float = 5.0
) -> FrameRecord:
    return FrameRecord('front', 1, 1, outcome, variant, 50.0, age_ms, reason=reason)


RECORDS = [
    *[record(Outcome.ON_TIME, 'large')] * 5,
    record(Outcome.ON_TIME, 'small', 'large: RuntimeError: out of memory'),
    record(Outcome.LATE, 'large', 'finished 3 ms after the budget'),
    record(Outcome.EXPIRED, reason='2.0 ms were left'),
    *[record(Outcome.SUPERSEDED)] * 9,
]


def test_what_was_superseded_was_not_missed() -> None:
    assert miss_rate(RECORDS) == pytest.approx(2 / 8)
    assert miss_rate([record(Outcome.SUPERSEDED)]) is None


def test_shares_are_of_frames_that_ran() -> None:
    shares = variant_shares(RECORDS)
    assert shares == {'large': pytest.approx(6 / 7), 'small': pytest.approx(1 / 7)}
    assert list(shares) == ['large', 'small']


def test_an_answer_of_another_variant_is_said() -> None:
    assert retries(RECORDS) == (
        '1 of the last 6 answers took another variant: large: RuntimeError: out of memory'
    )
    assert retries(RECORDS[:5]) == ''


def test_percentiles_are_of_the_frames_that_reached_a_stage() -> None:
    ages = [record(Outcome.ON_TIME, age_ms=float(age)) for age in range(1, 102)]
    found = stage_percentiles(ages)
    assert list(found) == ['age_ms']
    assert (found['age_ms'].p50, found['age_ms'].max) == (51.0, 101.0)
    assert found['age_ms'].p99 == pytest.approx(100.0)
