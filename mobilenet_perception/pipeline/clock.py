# SPDX-License-Identifier: Apache-2.0
"""Two clocks: steady time for durations, and the time that capture stamps are in."""

import time
from typing import Protocol

NS_PER_MS = 1_000_000


class Clock(Protocol):
    """What the pipeline knows of time."""

    def steady_ns(self) -> int:
        """Nanoseconds that only ever go forward, at the pace of real time."""

    def now_ns(self) -> int:
        """Nanoseconds on the clock of the stamps: system time, or simulation time."""


class SystemClock:
    """The machine's own clocks."""

    def steady_ns(self) -> int:
        """See `Clock.steady_ns`."""
        return time.monotonic_ns()

    def now_ns(self) -> int:
        """See `Clock.now_ns`."""
        return time.time_ns()
