# SPDX-License-Identifier: Apache-2.0
"""The clock of a replay as fast as it goes: the time is when each frame was recorded."""

import time


class RecordedClock:
    """Stands at the time of recording of the current frame.

    So ages and stale decisions come out as on the robot, however fast the replay goes.

    Args:
        runs: add the time that the frame's processing takes, of which a budget depends; without
            it, decisions are the same however slow the machine is at the moment.
    """

    def __init__(self, runs: bool) -> None:
        self._runs = runs
        self._log_ns = 0
        self._since_ns = time.monotonic_ns()

    def set(self, log_ns: int) -> None:
        """Go to the time of a frame."""
        self._log_ns, self._since_ns = log_ns, time.monotonic_ns()

    def steady_ns(self) -> int:
        """See `Clock.steady_ns`."""
        return self._log_ns + (time.monotonic_ns() - self._since_ns if self._runs else 0)

    def now_ns(self) -> int:
        """See `Clock.now_ns`."""
        return self.steady_ns()
