# SPDX-License-Identifier: Apache-2.0
"""Ticks of simulation time: how far apart they are, on the clock and on the wall."""

from collections import deque

import numpy as np

from mobilenet_perception.pipeline.timing import NS_PER_MS

# So many ticks back; fewer than the second tell nothing yet.
_LENGTH, _FEW = 50, 4


class ClockTicks:
    """The last ticks of a clock that goes on in steps, such as ROS's `/clock`."""

    def __init__(self) -> None:
        self._ticks: deque[tuple[int, int]] = deque(maxlen=_LENGTH)

    def add(self, clock_ns: int, steady_ns: int) -> None:
        """Take in a tick: what the clock shows, and when it came; one back starts anew."""
        if self._ticks and clock_ns < self._ticks[-1][0]:
            self._ticks.clear()
        self._ticks.append((clock_ns, steady_ns))

    @property
    def step_ms(self) -> float:
        """The clock's time from tick to tick, the median, in milliseconds; 0: not known."""
        if len(self._ticks) <= _FEW:
            return 0.0
        return float(np.median(np.diff([clock_ns for clock_ns, _ in self._ticks]))) / NS_PER_MS

    @property
    def per_s(self) -> float:
        """Ticks in a second of real time; 0: not known."""
        if len(self._ticks) <= _FEW:
            return 0.0
        seconds = (self._ticks[-1][1] - self._ticks[0][1]) / 1e9
        return (len(self._ticks) - 1) / seconds if seconds > 0 else 0.0
