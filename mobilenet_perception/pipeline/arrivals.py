# SPDX-License-Identifier: Apache-2.0
"""How frames of one camera come in: their rate, and whether some got lost on the way."""

from collections import deque
from typing import NamedTuple

import numpy as np

# Gaps from which on losses are told.
_ENOUGH = 30


class ArrivalSummary(NamedTuple):
    """What the last arrivals tell.

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
    """Remembers the capture stamps of the last frames.

    Args:
        length: of how many.
        enough: from so many gaps on, losses are told.
    """

    def __init__(self, length: int = 300, enough: int = _ENOUGH) -> None:
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
        """Summarise the arrivals held.

        A camera's period is taken from its short gaps; a longer gap then holds a whole number
        of periods, and all but one of them are lost frames.
        """
        gaps_ns = np.diff(np.array(self._stamps_ns, dtype=np.int64))
        gaps_ns = gaps_ns[gaps_ns > 0]
        if not gaps_ns.size:
            return ArrivalSummary(0.0, 0.0, self._frame_bytes)
        rate_hz = float(1e9 / gaps_ns.mean())
        if gaps_ns.size < self._enough:
            return ArrivalSummary(rate_hz, 0.0, self._frame_bytes)
        short_ns = np.percentile(gaps_ns, 10)
        period_ns = np.median(gaps_ns[gaps_ns <= 1.5 * short_ns])
        captured = np.maximum(1, np.rint(gaps_ns / period_ns)).sum()
        return ArrivalSummary(rate_hz, float(1 - gaps_ns.size / captured), self._frame_bytes)
