# SPDX-License-Identifier: Apache-2.0
"""Arrivals of a camera's frames: their rate, how many were lost, how many are missing by stamp.

Loss is counted by the middleware, which numbers messages. Stamps alone cannot tell a frame that
was lost from one that was never captured: they speak only where the middleware does not count,
and only of a strictly periodic camera whose gaps lie as chance scatters them.
"""

from collections import deque
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

# Frames lost and come together from which on losses are told; gaps, where stamps are to tell.
_ENOUGH, _ENOUGH_GAPS = 30, 150
# Nearly every gap of a strict period is a whole number of it, but for this share of a period.
_JITTER, _NEARLY_ALL = 0.2, 95
# By how many standard deviations the times of missing frames may tell of one another.
_CHANCE = 4.5
# Periods up to which a pattern in the missing frames is looked for.
_LONGEST_PATTERN = 64
# Two in a row that chance must be expected to miss before their coming or not tells something.
_PAIRS = 3.0
# So many gaps as long as the longest are expected at least, if chance made it.
_RARE = 0.001
# Variance of the gaps, as a share of what chance makes it.
_LEAST_RATIO = 0.55


class ArrivalSummary(NamedTuple):
    """How the last frames of a camera came in.

    Attributes:
        rate_hz: frames per second, by capture stamp; 0 when unknown.
        lost_share: frames that were published and never came, as a share of all, 0 to 1: counted
            by the middleware; where it does not count, those missing by stamp.
        frame_bytes: size of the newest frame's data.
        counted: whether the middleware counts losses.
    """

    rate_hz: float
    lost_share: float
    frame_bytes: int
    counted: bool = True


class Arrivals:
    """The last frames of a camera: when they were captured, and how many were lost in between.

    Args:
        length: how many frames are remembered.
        counted: whether the middleware counts losses; otherwise stamps are asked.
    """

    def __init__(self, length: int = 300, *, counted: bool = False) -> None:
        self.counted = counted
        # Each with the number of losses known when it came.
        self._frames: deque[tuple[int, int]] = deque(maxlen=length)
        self._lost = 0
        self._lost_before = 0
        self._frame_bytes = 0

    def add(self, stamp_ns: int, frame_bytes: int) -> None:
        """Take in one arrival; a stamp that goes back starts anew."""
        if self._frames and stamp_ns < self._frames[-1][0]:
            self._frames.clear()
            self._lost_before = self._lost
        if len(self._frames) == self._frames.maxlen:
            self._lost_before = self._frames[0][1]
        self._frames.append((stamp_ns, self._lost))
        self._frame_bytes = frame_bytes

    def add_lost(self, frames: int) -> None:
        """Take in that the middleware counts so many more frames lost."""
        self._lost += frames

    def summary(self) -> ArrivalSummary:
        """Summarise the arrivals held."""
        stamps_ns = np.array([stamp_ns for stamp_ns, _ in self._frames], dtype=np.int64)
        gaps_ns = np.diff(stamps_ns)
        gaps_ns = gaps_ns[gaps_ns > 0]
        rate_hz = float(1e9 / gaps_ns.mean()) if gaps_ns.size else 0.0
        share = self._counted_share() if self.counted else missing_share(stamps_ns)
        return ArrivalSummary(rate_hz, share, self._frame_bytes, self.counted)

    def _counted_share(self) -> float:
        lost = self._lost - self._lost_before
        published = lost + len(self._frames)
        return lost / published if published > _ENOUGH else 0.0


def missing_share(stamps_ns: npt.NDArray[np.int64]) -> float:
    """Return the share of frames missing between others, 0 to 1; 0: it cannot be said.

    Only a strict period tells. A camera whose rate follows the light, a topic that is throttled,
    bursts and pauses leave gaps in a pattern or in heaps, and nothing is said of them. Of frames
    lost by chance, each alike and up to 70 % of them, the share is right within 0.1 for 300
    frames. A camera that skips frames by chance looks the same. Of fewer than 150 gaps nothing is
    said.

    Args:
        stamps_ns: (n,) capture stamps in nanoseconds.
    """
    gaps_ns = np.diff(stamps_ns)
    if gaps_ns.size < _ENOUGH_GAPS or (gaps_ns <= 0).any():
        return 0.0
    short_ns = np.percentile(gaps_ns, 10)
    period_ns = float(np.median(gaps_ns[gaps_ns <= 1.5 * short_ns]))
    periods = np.maximum(1, np.rint(gaps_ns / period_ns))
    jitter = np.abs(gaps_ns / period_ns - periods)
    if np.percentile(jitter, _NEARLY_ALL) > _JITTER or not _by_chance(periods):
        return 0.0
    return float(1 - gaps_ns.size / periods.sum())


def _by_chance(periods: npt.NDArray[np.float64]) -> bool:
    """Say whether frames are missing by chance, each alike: no pattern, no heap.

    Then the slots of the period, taken or not, are independent of one another: their
    autocorrelation is that of white noise, at every lag within some standard deviations of zero.

    Args:
        periods: (n,) whole numbers of periods between one frame and the next, from 1.
    """
    slots = int(periods.sum())
    missing = 1 - periods.size / slots
    # Single frames left out tell nothing: a camera may do so each time that it adapts.
    if slots * missing**2 < _PAIRS or periods.max() < 3:
        return False
    # A long pause is no chance, and might have more slots than memory.
    if slots * missing ** (periods.max() - 2) < _RARE:
        return False
    # Of geometric gaps, and only of those, the mean tells the variance.
    ratio = periods.var() * (1 - missing) ** 2 / missing
    if not _LEAST_RATIO < ratio < 1 / _LEAST_RATIO:
        return False
    taken = np.zeros(slots)
    taken[np.cumsum(periods).astype(int) - 1] = 1.0
    taken -= taken.mean()
    lags = range(1, min(_LONGEST_PATTERN, slots // 4) + 1)
    correlations = np.array([taken[lag:] @ taken[:-lag] for lag in lags]) / (taken @ taken)
    return bool(np.abs(correlations).max() < _CHANCE / np.sqrt(slots))
