# SPDX-License-Identifier: Apache-2.0
"""Lost frames are seen in the gaps between stamps; jitter and low rates are not losses."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from mobilenet_perception.pipeline.arrivals import Arrivals, ArrivalSummary


def summary_of(stamps_ns: npt.NDArray[Any]) -> ArrivalSummary:
    arrivals = Arrivals()
    for stamp_ns in stamps_ns:
        arrivals.add(int(stamp_ns), 921_600)
    return arrivals.summary()


@pytest.mark.parametrize('share', [0.0, 0.3, 0.6])
def test_share_lost(share: float) -> None:
    generator = np.random.default_rng(1)
    stamps = np.arange(400) * 33_333_333 + generator.normal(0, 2e6, 400).astype(int)
    kept = stamps[generator.random(400) >= share]
    summary = summary_of(kept)
    assert summary.lost_share == pytest.approx(share, abs=0.08)
    assert summary.frame_bytes == 921_600


MS = 1_000_000


def stamps_of(gaps_ms: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.concatenate([[0], np.cumsum(np.rint(np.asarray(gaps_ms) * MS))]).astype(np.int64)


@pytest.mark.parametrize('seed', range(20))
@pytest.mark.parametrize(
    'kind',
    ['light', 'light in steps', 'alternating', 'one in three long', 'random', 'bursts', 'a pause'],
)
def test_no_loss_is_claimed_that_is_none(kind: str, seed: int) -> None:
    """Every frame arrives in each of these."""
    chance, count = np.random.default_rng(seed), 240
    turn = np.arange(count)
    gaps_ms = {
        'light': 50 - 17 * np.cos(turn / count * 2 * np.pi),
        'light in steps': np.where((turn // 40) % 2, 66.7, 33.3),
        'alternating': np.where(turn % 2, 66.7, 33.3),
        'one in three long': np.where(turn % 3, 33.3, 66.7),
        'random': chance.uniform(25, 120, count),
        'bursts': np.where(turn % 5, 5.0, 150.0),
        'a pause': np.where(turn == 100, 3000.0, 33.3),
    }[kind]
    gaps_ms = gaps_ms + chance.normal(0, 0.5, count)
    assert summary_of(stamps_of(gaps_ms)).lost_share < 0.02


@pytest.mark.parametrize('seed', range(20))
@pytest.mark.parametrize('share', [0.05, 0.2, 0.5])
def test_a_loss_by_chance_is_found(share: float, seed: int) -> None:
    chance = np.random.default_rng(seed)
    stamps = stamps_of(np.full(500, 33.3) + chance.normal(0, 0.5, 500))
    found = summary_of(stamps[chance.random(501) >= share]).lost_share
    # Three standard deviations of a share of 300 frames.
    assert found == pytest.approx(share, abs=3 * (share * (1 - share) / 300) ** 0.5 + 0.02)


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
