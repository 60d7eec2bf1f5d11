# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C at a time of our choosing: inside rclpy it is lost, or becomes another error.

Python raises KeyboardInterrupt wherever the main thread is. Where that is in the middle of
rclpy's conversion of a message, a RuntimeError arrives in its place; in a destructor, nothing.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class _Interrupts:
    """What a signal does: raise KeyboardInterrupt, at once or when it is held no longer."""

    def __init__(self) -> None:
        self.holds = 0
        self.came = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.holds:
            self.came = True
        else:
            raise KeyboardInterrupt


_interrupts = _Interrupts()


@contextmanager
def handled_interrupts(*signals: signal.Signals) -> Iterator[None]:
    """Let signals raise KeyboardInterrupt in the main thread, but never while they are held.

    One that is ignored, as Ctrl-C is in a shell's background, stays so. To be called before
    `rclpy.init`, whose own handlers pass a signal on.
    """
    before = {each: signal.getsignal(each) for each in signals}
    mine = [each for each, handler in before.items() if handler is not signal.SIG_IGN]
    for each in mine:
        signal.signal(each, _interrupts)
    try:
        yield
    finally:
        for each in mine:
            signal.signal(each, before[each])


@contextmanager
def held_interrupts() -> Iterator[None]:
    """Do without KeyboardInterrupt; one that was due meanwhile is raised at the end.

    Raises:
        KeyboardInterrupt: a signal came; not if the block ends by another exception.
    """
    _interrupts.holds += 1
    try:
        yield
    finally:
        _interrupts.holds -= 1
        came = _interrupts.came and not _interrupts.holds
        _interrupts.came = _interrupts.came and not came
    if came:
        raise KeyboardInterrupt
