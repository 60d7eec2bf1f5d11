# SPDX-License-Identifier: Apache-2.0
"""Ticks are measured on the clock and on the wall, and start anew when the clock goes back."""

import pytest

from mobilenet_perception.pipeline.clock_ticks import ClockTicks
from tests.support.manual_clock import MS


def test_step_and_rate_of_a_clock_at_twice_the_pace() -> None:
    ticks = ClockTicks()
    for number in range(20):
        ticks.add(number * 200 * MS, number * 100 * MS)
    assert ticks.step_ms == pytest.approx(200.0)
    assert ticks.per_s == pytest.approx(10.0)


def test_few_ticks_and_a_reset_tell_nothing() -> None:
    ticks = ClockTicks()
    assert (ticks.step_ms, ticks.per_s) == (0.0, 0.0)
    for number in range(20):
        ticks.add(number * 200 * MS, number * 200 * MS)
    ticks.add(0, 4000 * MS)
    assert (ticks.step_ms, ticks.per_s) == (0.0, 0.0)
