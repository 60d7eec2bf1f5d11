# SPDX-License-Identifier: Apache-2.0
"""Loss is what the middleware counts, or what a strict period shows; never what a camera does."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from mobilenet_perception.pipeline.arrivals import Arrivals, ArrivalSummary, missing_share

Times = npt.NDArray[Any]
PERIOD_NS = 33_333_333
SEEDS = range(40)


def summary_of(stamps_ns: Times, *, counted: bool = False) -> ArrivalSummary:
    arrivals = Arrivals(counted=counted)
    for stamp_ns in stamps_ns:
        arrivals.add(int(stamp_ns), 921_600)
    return arrivals.summary()


def light(random: np.random.Generator) -> Times:
    """Exposure doubles and trebles the period for a while."""
    return np.repeat(random.integers(1, 5, 40), random.integers(1, 40, 40)) * 33.333


def throttled(random: np.random.Generator) -> Times:
    """As topic_tools throttles 30 Hz to any rate: the first frame after each period."""
    due = np.arange(1, 400) * random.uniform(36.0, 200.0)
    return np.diff(np.ceil(due / 33.333)) * 33.333


ALL_ARRIVED: dict[str, Callable[[np.random.Generator], Times]] = {
    'alternating 33 and 67 ms': lambda random: np.tile([33.333, 66.667], 200),
    'two of three': lambda random: np.tile([33.333, 33.333, 66.667], 120),
    'random 25 to 120 ms': lambda random: random.uniform(25.0, 120.0, 400),
    'random whole periods': lambda random: random.integers(1, 5, 400) * 33.333,
    'one or three periods': lambda random: random.choice([1, 3], 400) * 33.333,
    'single frames skipped': lambda random: random.choice([1, 2], 400, p=[0.8, 0.2]) * 33.333,
    'rate follows the light': light,
    'period drifts': lambda random: 50 + 30 * np.sin(np.arange(400) / random.uniform(3, 60)),
    'bursts of four': lambda random: np.tile([1.0, 1.0, 1.0, 130.333], 100),
    'uneven bursts': lambda random: np.where(random.random(400) < 0.7, 2.0, 133.0),
    'a change of the rate': lambda random: np.repeat([33.333, 100.0], 150),
    'a change to twice the rate': lambda random: np.repeat([66.667, 33.333], 150),
    'a pause': lambda random: np.r_[np.full(150, 33.333), 2000.0, np.full(100, 33.333)],
    'a long pause': lambda random: np.r_[np.full(200, 33.333), 9e8, np.full(60, 33.333)],
    'pauses': lambda random: np.where(random.random(400) < 0.02, 500.0, 33.333),
    'throttled': throttled,
}  # fmt: skip


@pytest.mark.parametrize('name', ALL_ARRIVED)
def test_no_loss_is_claimed_where_every_frame_came(name: str) -> None:
    for seed in SEEDS:
        random = np.random.default_rng(seed)
        gaps_ms = ALL_ARRIVED[name](random)
        for jitter_ms in (0.0, 0.3, 2.0):
            stamps = np.cumsum(np.maximum(0.1, gaps_ms)) * 1e6
            stamps = np.sort(stamps + random.normal(0.0, jitter_ms * 1e6, stamps.size))
            for last in (40, 100, 160, 300):
                found = summary_of(stamps[-last:].astype(np.int64))
                assert found.lost_share == 0.0, (seed, jitter_ms, last)
            assert summary_of(stamps.astype(np.int64), counted=True).lost_share == 0.0


@pytest.mark.parametrize('share', [0.0, 0.2, 0.3, 0.5, 0.6, 0.7])
def test_random_loss_of_a_strict_period_is_estimated(share: float) -> None:
    """Right within 0.1 wherever it is said, and said nearly always."""
    said = []
    for seed in SEEDS:
        generator = np.random.default_rng(seed)
        stamps = np.arange(1500) * PERIOD_NS + generator.normal(0, 1e6, 1500).astype(int)
        kept = stamps[generator.random(1500) >= share][:300]
        found = missing_share(kept)
        assert found in (0.0, pytest.approx(share, abs=0.1))
        said.append(found > 0)
    assert sum(said) >= 0.9 * len(said) if share else not any(said)


@pytest.mark.parametrize('share', [0.3, 0.6])
def test_share_lost(share: float) -> None:
    generator = np.random.default_rng(1)
    stamps = np.arange(400) * 33_333_333 + generator.normal(0, 2e6, 400).astype(int)
    kept = stamps[generator.random(400) >= share]
    summary = summary_of(kept)
    assert summary.lost_share == pytest.approx(share, abs=0.08)
    assert summary.frame_bytes == 921_600


@pytest.mark.parametrize('share', [0.0, 0.06, 0.3, 0.9])
def test_what_the_middleware_counts_is_exact_over_the_frames_held(share: float) -> None:
    random = np.random.default_rng(2)
    arrivals = Arrivals(length=300, counted=True)
    came: list[int] = []
    lost_at = random.random(20_000) < share
    for number, lost in enumerate(lost_at):
        if lost:
            arrivals.add_lost(1)
        else:
            # Of a camera whose stamps would tell nothing.
            arrivals.add(number * PERIOD_NS + int(random.integers(0, PERIOD_NS)), 1)
            came.append(number)
    window = lost_at[came[-301] + 1 :]
    assert arrivals.summary().lost_share == pytest.approx(window.mean(), abs=0.01)


def test_a_loss_that_is_over_is_forgotten() -> None:
    arrivals = Arrivals(length=100, counted=True)
    arrivals.add_lost(500)
    for number in range(100):
        arrivals.add(number, 1)
    assert arrivals.summary().lost_share == pytest.approx(5 / 6)
    for number in range(100, 201):
        arrivals.add(number, 1)
    assert arrivals.summary().lost_share == 0.0


def test_rate() -> None:
    assert summary_of(np.arange(100) * 100_000_000).rate_hz == pytest.approx(10.0)


def test_nothing_is_said_of_few_frames_or_no_stamps() -> None:
    assert summary_of(np.array([0, 1, 9])).lost_share == 0.0
    assert summary_of(np.zeros(100)).rate_hz == 0.0


def test_a_jump_back_starts_anew() -> None:
    arrivals = Arrivals()
    for stamp in (*range(0, 10**11, 10**9), *range(0, 10**10, 10**8)):
        arrivals.add(stamp, 1)
    assert arrivals.summary().rate_hz == pytest.approx(10.0)
    assert arrivals.summary().lost_share == 0.0
