# SPDX-License-Identifier: Apache-2.0
"""Call something at a moment, unless what it is about has ended by then."""

import math
import threading
import time
from collections.abc import Callable


class Cutoff:
    """One thread that waits for the moment, since a new one for each frame would cost more.

    Used by one thread at a time. The thread starts with the first use, and ends with the process.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._due_s = math.inf
        self._action: Callable[[], None] | None = None
        self._thread: threading.Thread | None = None
        # When the thread wakes by itself.
        self._wakes_s = math.inf

    def arm(self, after_ms: float, action: Callable[[], None]) -> None:
        """Call the action after so many milliseconds."""
        with self._changed:
            self._due_s, self._action = time.monotonic() + after_ms / 1e3, action
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name='cutoff', daemon=True)
                self._thread.start()
            elif self._due_s < self._wakes_s:
                self._changed.notify()

    def disarm(self) -> None:
        """From here on the action is not called; if it is being called, wait until it has been."""
        with self._changed:
            self._action = None

    def _watch(self) -> None:
        with self._changed:
            while True:
                # Disarmed, it sleeps on to its moment: to be woken each frame would cost more.
                left_s = self._due_s - time.monotonic()
                if left_s > 0:
                    self._wakes_s = self._due_s
                    self._changed.wait(None if math.isinf(left_s) else left_s)
                    continue
                self._due_s, action, self._action = math.inf, self._action, None
                if action is not None:
                    action()
