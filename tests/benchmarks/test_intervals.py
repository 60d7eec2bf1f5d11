# SPDX-License-Identifier: Apache-2.0
"""Intervals of a share know how much cases of one group are worth."""

from itertools import repeat

import numpy as np
import pytest

from benchmarks.harness.intervals import Share, estimate


def width(found: Share) -> float:
    assert found.low is not None and found.high is not None
    assert 0 <= found.low <= found.hits / found.cases <= found.high <= 1
    return found.high - found.low


def test_cases_that_are_all_independent_have_the_interval_of_wilson() -> None:
    hits = [number % 10 == 0 for number in range(100)]
    found = estimate(hits, [str(number) for number in range(100)])
    # As in Newcombe, Statistics in Medicine 17, 1998, for 10 of 100; resampling adds some noise.
    assert found.low == pytest.approx(0.0552, abs=5e-3)
    assert found.high == pytest.approx(0.1744, abs=5e-3)


def test_cases_that_repeat_one_another_are_worth_less() -> None:
    once = [bool(bit) for bit in np.random.default_rng(0).integers(2, size=40)]
    groups = [str(number) for number in range(40)]
    alone = estimate(once, groups)
    ten_times = estimate(
        [h for h in once for _ in range(10)], [g for g in groups for _ in range(10)]
    )
    assert ten_times.cases == 10 * alone.cases
    assert width(ten_times) == pytest.approx(width(alone), rel=0.1)


def test_where_no_group_differs_a_group_is_one_case() -> None:
    found = estimate(list(repeat(True, 60)), [str(number % 6) for number in range(60)])
    # 6 of 6, by Wilson.
    assert found.high == pytest.approx(1.0) and found.low == pytest.approx(0.6097, abs=1e-3)


def test_few_groups_have_no_interval() -> None:
    found = estimate([True, False, True], ['a', 'b', 'c'])
    assert found == Share(2, 3) and str(found) == '66.7% (2 of 3)'
    assert str(estimate([], [])) == '-'


def test_it_is_written_with_its_ends() -> None:
    assert str(Share(45, 366, 0.08, 0.17)) == '12.3% (8 to 17; 45 of 366)'
