# SPDX-License-Identifier: Apache-2.0
"""A speed falls at once, and rises late and slowly: one frame does not release a stop."""

import math
from collections import deque

from mobilenet_perception.clock import NS_PER_MS


class SpeedRelease:
    """Follows the speed asked for: downwards at once, upwards when it has been asked for long.

    The speed given is never above the lowest that was asked for within the hold time, and rises
    no faster than the rate.

    Args:
        after_ms: hold time: a lower speed is left so long after it was last asked for.
        percent_per_s: rate of the rise after that.
        percent: speed before anything is asked.
        steady_ns: the moment of that, on the steady clock.
    """

    def __init__(
        self, after_ms: float, percent_per_s: float, percent: float, steady_ns: int
    ) -> None:
        self._after_ns = round(after_ms * NS_PER_MS)
        self._percent_per_ns = percent_per_s / 1e9
        self._given, self._given_ns = percent, steady_ns
        # Speeds that hold it down, rising, each with the end of the time it was asked for.
        self._asked: deque[tuple[float, float]] = deque([(percent, math.inf)])

    def take(self, percent: float, steady_ns: int) -> float:
        """Take in the speed asked for from now on; return the one to give, both in percent."""
        last, end_ns = self._asked.pop()
        self._asked.append((last, min(end_ns, steady_ns)))
        while self._asked and self._asked[-1][0] >= percent:
            self._asked.pop()
        self._asked.append((percent, math.inf))
        while self._asked[0][1] <= steady_ns - self._after_ns:
            self._asked.popleft()
        rise = self._percent_per_ns * (steady_ns - self._given_ns)
        self._given = min(self._asked[0][0], self._given + rise)
        self._given_ns = steady_ns
        return self._given
