# SPDX-License-Identifier: Apache-2.0
"""When each frame of a source is due, at its own pace."""

# A delay up to this is made up for; a longer one delays all that follows, since no camera gives
# its frames in a burst.
_MADE_UP_NS = 15_000_000


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
