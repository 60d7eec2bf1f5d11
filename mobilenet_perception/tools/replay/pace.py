# SPDX-License-Identifier: Apache-2.0
"""Time in a replay: the clock of one as fast as it goes, the schedule of one at its own pace."""

import time

# A delay up to this is made up for; a longer one delays all that follows, since no camera gives
# its frames in a burst.
_MADE_UP_NS = 15_000_000
# Stamps that are further ahead are of another clock.
_OTHER_CLOCK_NS = 10**9
# More than are under way at once.
_MOST_STAMPS = 256


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


class Restamp:
    """Gives frames the stamps of their playing, and regions those of their frames.

    Regions may be played before their frame: it then gets the stamp that they were given.
    """

    def __init__(self) -> None:
        self._played: dict[tuple[str, int], int] = {}
        self._promised: dict[tuple[str, int], int] = {}
        self._offset_ns: dict[str, int] = {}

    def frame(self, camera: str, stamp_ns: int, now_ns: int) -> int:
        """Return the stamp of a frame that is played now."""
        key = camera, stamp_ns
        given_ns = self._promised.pop(key, now_ns)
        self._keep(self._played, key, given_ns)
        self._offset_ns[camera] = given_ns - stamp_ns
        return given_ns

    def regions(self, camera: str, stamp_ns: int, now_ns: int) -> int:
        """Return the stamp of regions that are played now."""
        key = camera, stamp_ns
        if key in self._played:
            return self._played[key]
        given_ns = max(0, stamp_ns + self._offset_ns.get(camera, now_ns - stamp_ns))
        # They are no younger than now, unless they are of another clock.
        if 0 < given_ns - now_ns <= _OTHER_CLOCK_NS:
            given_ns = now_ns
        self._keep(self._promised, key, given_ns)
        return given_ns

    @staticmethod
    def _keep(stamps: dict[tuple[str, int], int], key: tuple[str, int], given_ns: int) -> None:
        stamps[key] = given_ns
        if len(stamps) > _MOST_STAMPS:
            del stamps[next(iter(stamps))]


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
