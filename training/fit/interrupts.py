# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C between steps, not in the midst of one."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupt:
    """Whether the user asked to stop."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Take note; the next Ctrl-C stops at once."""
        self.asked = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
        print('\nstopping after this step; once more to stop at once', flush=True)


@contextmanager
def noted_interrupts() -> Iterator[Interrupt]:
    """Note SIGINT instead of raising KeyboardInterrupt; only the main thread can be asked."""
    interrupt = Interrupt()
    if threading.current_thread() is not threading.main_thread():
        yield interrupt
        return
    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, before)
