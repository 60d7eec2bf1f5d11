# SPDX-License-Identifier: Apache-2.0
"""The filter is calm at rest, quick after a jump, and knows its doubt."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobilenet_perception.pipeline.budget import SlowdownFilter


def fed(values: list[float]) -> SlowdownFilter:
    found = SlowdownFilter()
    for value in values:
        found.update(value)
    return found


def noisy(mean: float, deviation: float, count: int) -> list[float]:
    return list(np.random.default_rng(1).normal(mean, deviation, count))


def test_it_averages_noise_away() -> None:
    means = []
    found = SlowdownFilter()
    for value in noisy(1.0, 0.1, 400):
        found.update(value)
        means.append(found.mean)
    assert np.std(means[100:]) < 0.06
    assert np.mean(means[100:]) == pytest.approx(1.0, abs=0.02)


def test_it_follows_a_jump_within_a_few_frames() -> None:
    found = fed(noisy(1.0, 0.03, 200))
    for _ in range(5):
        found.update(3.0)
    assert found.mean > 2.7
    assert found.deviation > 0.3


def test_doubt_fades_after_a_jump() -> None:
    found = fed([*noisy(1.0, 0.03, 200), 4.0])
    assert found.deviation > 0.5
    for value in noisy(1.0, 0.03, 60):
        found.update(value)
    assert found.mean == pytest.approx(1.0, abs=0.1)
    assert found.deviation < 0.15


@pytest.mark.parametrize('deviation', [0.05, 0.2, 0.5])
def test_the_deviation_is_that_of_the_next_measurement(deviation: float) -> None:
    found = SlowdownFilter()
    surprises: list[float] = []
    for value in noisy(2.0, deviation, 3000):
        surprises.append((value - found.mean) / found.deviation)
        found.update(value)
    assert 0.7 < np.std(surprises[200:]) < 1.4


@given(st.lists(st.floats(0.01, 1000), max_size=100), st.integers(0, 300))
def test_it_stays_among_what_was_measured_and_comes_to_rest(
    values: list[float], rests: int
) -> None:
    found = fed(values)
    assert min(1.0, *values, 1.0) - 1e-6 <= found.mean <= max(1.0, *values, 1.0) + 1e-6
    assert 0 < found.deviation < 1100
    apart = abs(found.mean - 1.0)
    for _ in range(rests):
        found.decay()
    assert abs(found.mean - 1.0) <= apart * 0.9**rests + 1e-9
