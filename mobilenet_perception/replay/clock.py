# SPDX-License-Identifier: Apache-2.0
"""The clock of a replay as fast as it goes: the time is when each frame was recorded."""

import time


class RecordedClock:
    """Stands at the time of recording of the current frame, plus what its processing takes.

    So ages and stale decisions come out as on the robot, however fast the replay goes, and
    durations are real.
    """

    def __init__(self) -> None:
        self._log_ns = 0
        self._since_ns = time.monotonic_ns()

    def set(self, log_ns: int) -> None:
        """Go to the time of a frame."""
        self._log_ns, self._since_ns = log_ns, time.monotonic_ns()

    def steady_ns(self) -> int:
        """See `Clock.steady_ns`."""
        return self._log_ns + time.monotonic_ns() - self._since_ns

    def now_ns(self) -> int:
        """See `Clock.now_ns`."""
        return self.steady_ns()
