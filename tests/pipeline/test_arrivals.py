# SPDX-License-Identifier: Apache-2.0
"""Lost frames are seen in the gaps between stamps; jitter and low rates are not losses."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from mobilenet_perception.pipeline.timing import Arrivals, ArrivalSummary


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
