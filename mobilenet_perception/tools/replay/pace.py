# SPDX-License-Identifier: Apache-2.0
"""Time in a replay: the clock of one as fast as it goes, the schedule of one at its own pace."""

import time

# A delay up to this is made up for; a longer one delays all that follows, since no camera gives
# its frames in a burst.
_MADE_UP_NS = 15_000_000


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


class Schedule:
    """An absolute schedule, so that small delays do not add up."""

    def __init__(self) -> None:
        self._offset_ns: int | None = None
        self._last_ns = 0

    def due_ns(self, log_ns: int, now_ns: int) -> int:
        """Return when a frame is due, on the steady clock.

        Args:
            log_ns: its time in the source; a jump back starts the schedule anew.
            now_ns: the steady clock's time now.
        """
        if self._offset_ns is None or log_ns < self._last_ns:
            self._offset_ns = now_ns - log_ns
        self._last_ns = log_ns
        late_ns = now_ns - (log_ns + self._offset_ns)
        if late_ns > _MADE_UP_NS:
            self._offset_ns += late_ns
        return log_ns + self._offset_ns
