# SPDX-License-Identifier: Apache-2.0
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobilenet_perception.tools.benchmark.settings import SearchSettings
from mobilenet_perception.tools.benchmark.trial import Attempt, SearchResult, highest_rate

SETTINGS = SearchSettings()


def search(
    short_hz: float, long_hz: float | None = None, settings: SearchSettings = SETTINGS
) -> SearchResult:
    """Search on a machine whose short trials hold up to one rate, and long ones to another."""
    long_hz = short_hz if long_hz is None else long_hz

    def attempt(rate_hz: float, confirming: bool) -> Attempt:
        held = rate_hz <= (long_hz if confirming else short_hz)
        return Attempt(rate_hz, confirming, held, '' if held else 'too fast')

    return highest_rate(attempt, settings)


@given(st.floats(1.0, 1000.0))
def test_finds_what_a_machine_holds_within_the_ratio(can_hz: float) -> None:
    found = search(can_hz)
    assert found.rate_hz is not None
    assert found.rate_hz <= can_hz <= found.rate_hz * SETTINGS.ratio * (1 + 1e-9)
    assert found.attempts[-1] == Attempt(found.rate_hz, True, True, '')


@given(st.floats(0.1, 2000.0), st.floats(0.1, 2000.0))
def test_says_only_what_a_long_trial_held(short_hz: float, long_hz: float) -> None:
    found = search(short_hz, long_hz)
    if found.rate_hz is None:
        assert min(short_hz, long_hz) < SETTINGS.lowest_hz
        return
    last = found.attempts[-1]
    assert last.confirming and last.held and last.rate_hz == found.rate_hz <= long_hz
    assert SETTINGS.lowest_hz <= found.rate_hz <= SETTINGS.highest_hz
    # It ends soon, even on a machine that holds almost nothing for long.
    assert len(found.attempts) < 60


def test_names_what_kept_the_next_rate_from_being_held() -> None:
    found = search(100.0)
    limits = [tried.rate_hz for tried in found.attempts if not tried.held]
    assert found.limit == f'at {min(limits):.1f} Hz, too fast'


def test_stops_at_the_end_of_the_range_without_a_limit() -> None:
    found = search(5000.0, settings=SearchSettings(highest_hz=50.0))
    assert (found.rate_hz, found.limit) == (50.0, '')
    assert max(tried.rate_hz for tried in found.attempts) == 50.0


def test_no_rate_is_held_when_not_even_the_lowest_is() -> None:
    found = search(0.5)
    assert found.rate_hz is None
    assert found.limit == 'at 1.0 Hz, too fast'
    assert not any(tried.confirming for tried in found.attempts)


def test_a_single_hiccup_in_a_short_trial_costs_nothing() -> None:
    hiccups = {30.0, 60.0, 120.0}

    def attempt(rate_hz: float, confirming: bool) -> Attempt:
        if rate_hz in hiccups:
            hiccups.discard(rate_hz)
            return Attempt(rate_hz, confirming, False, 'hiccup')
        held = rate_hz <= 150.0
        return Attempt(rate_hz, confirming, held, '' if held else 'too fast')

    found = highest_rate(attempt, SETTINGS)
    assert found.rate_hz == pytest.approx(150.0, rel=SETTINGS.ratio - 1)
    assert 'too fast' in found.limit


def test_a_long_trial_that_fails_lowers_the_rate_by_growing_steps() -> None:
    found = search(200.0, 100.0)
    confirmed = [tried.rate_hz for tried in found.attempts if tried.confirming]
    steps = [above / below for above, below in pairwise(confirmed)]
    expected = [SETTINGS.ratio ** (2**n) for n in range(len(steps))]
    assert steps == pytest.approx(expected)
    assert found.limit == f'at {confirmed[-2]:.1f} Hz, too fast'
