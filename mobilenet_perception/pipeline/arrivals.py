# SPDX-License-Identifier: Apache-2.0
"""Arrivals of a camera's frames: their rate, and whether some must have been lost on the way.

Stamps alone tell: a loss is claimed only where nothing else explains the gaps between them.
"""

from collections import deque
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

# Gaps between frames from which on losses are reported.
_ENOUGH_GAPS = 30
# A gap is a whole number of periods up to this share of one; so many gaps must be.
_OFF_PERIOD, _MOST = 0.25, 0.95
# Chi-square of one degree of freedom that chance exceeds once in a thousand times.
_UNLIKELY = 10.83


class ArrivalSummary(NamedTuple):
    """How the last frames of a camera came in.

    Attributes:
        rate_hz: frames per second, by capture stamp; 0 when unknown.
        lost_share: frames that must have been captured in between and never came, as a share
            of all, 0 to 1.
        frame_bytes: size of the newest frame's data.
    """

    rate_hz: float
    lost_share: float
    frame_bytes: int


class Arrivals:
    """The capture stamps of a camera's last frames: their rate, and whether some got lost.

    Args:
        length: how many are remembered.
        enough: from so many gaps on, losses are reported.
    """

    def __init__(self, length: int = 300, enough: int = _ENOUGH_GAPS) -> None:
        self._enough = enough
        self._stamps_ns: deque[int] = deque(maxlen=length)
        self._frame_bytes = 0

    def add(self, stamp_ns: int, frame_bytes: int) -> None:
        """Take in one arrival; a stamp that goes back starts anew."""
        if self._stamps_ns and stamp_ns < self._stamps_ns[-1]:
            self._stamps_ns.clear()
        self._stamps_ns.append(stamp_ns)
        self._frame_bytes = frame_bytes

    def summary(self) -> ArrivalSummary:
        """Summarise the arrivals held."""
        gaps_ns = np.diff(np.array(self._stamps_ns, dtype=np.int64))
        gaps_ns = gaps_ns[gaps_ns > 0]
        if not gaps_ns.size:
            return ArrivalSummary(0.0, 0.0, self._frame_bytes)
        rate_hz = float(1e9 / gaps_ns.mean())
        lost_share = _lost_share(gaps_ns) if gaps_ns.size >= self._enough else 0.0
        return ArrivalSummary(rate_hz, lost_share, self._frame_bytes)


def _lost_share(gaps_ns: npt.NDArray[np.int64]) -> float:
    """Return the share of frames that are missing in the gaps; 0 where none need be.

    A camera's period is taken from its short gaps. Frames are missing only where the gaps are
    whole numbers of periods, these numbers are spread as chance spreads them (geometrically), and
    a long gap does not tell what the next will be. A camera that follows the light, alternates, or
    sends in bursts breaks one of the three.
    """
    short_ns = np.percentile(gaps_ns, 10)
    period_ns = np.median(gaps_ns[gaps_ns <= 1.5 * short_ns])
    periods = np.maximum(1, np.rint(gaps_ns / period_ns))
    off = np.abs(gaps_ns / period_ns - periods)
    lost_share = float(1 - gaps_ns.size / periods.sum())
    is_periodic = np.mean(off <= _OFF_PERIOD) >= _MOST
    if not lost_share or not is_periodic or not _is_by_chance(periods, lost_share):
        return 0.0
    return lost_share


def _is_by_chance(periods: npt.NDArray[np.float64], lost_share: float) -> bool:
    """Whether gaps of so many periods are as independent losses leave them (chi-square, 0.1 %)."""
    count = periods.size
    seen = np.array([np.sum(periods == 1), np.sum(periods == 2), np.sum(periods > 2)])
    kept = 1 - lost_share
    expected = count * np.array([kept, kept * lost_share, lost_share**2])
    if np.sum((seen - expected) ** 2 / np.maximum(expected, 1.0)) > _UNLIKELY:
        return False
    long = periods > 1
    before, after = long[:-1], long[1:]
    if before.all() or not before.any() or after.all() or not after.any():
        return True
    correlation = np.corrcoef(before, after)[0, 1]
    return bool((count - 1) * correlation**2 <= _UNLIKELY)
