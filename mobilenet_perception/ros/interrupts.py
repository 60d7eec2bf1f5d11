# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C at a time of our choosing: inside rclpy it is lost, or becomes another error.

Python raises KeyboardInterrupt wherever the main thread is. Where that is in the middle of
rclpy's conversion of a message, a RuntimeError arrives in its place; in a destructor, nothing.
And it comes again: from `ros2 launch`, from `timeout -s INT`, from an impatient hand. One that
meets a Python that ends would kill it.
"""

import math
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from mobilenet_perception.errors import PerceptionError

# The status of a program that Ctrl-C ended: 128 and SIGINT's number.
INTERRUPTED = 130
# A person who means a second Ctrl-C as one waits so long to see what the first did.
_SECOND_THOUGHT_S = 1.0

# What tells a node to end.
_ENDS = (signal.SIGINT, signal.SIGTERM)


class _Interrupts:
    """What a signal does: raise KeyboardInterrupt, at once or when it is held no longer.

    Attributes:
        quiet_s: one that comes so soon after another is the same one, in seconds.
    """

    def __init__(self) -> None:
        self.holds = 0
        self.came = False
        self.quiet_s = 0.0
        self._taken_s = -math.inf

    def __call__(self, number: int, frame: FrameType | None) -> None:
        now_s = time.monotonic()
        if now_s - self._taken_s < self.quiet_s:
            return
        self._taken_s = now_s
        if self.holds:
            self.came = True
        else:
            raise KeyboardInterrupt


_interrupts = _Interrupts()


def run_program(
    main: Callable[[], int],
    interrupted: int = INTERRUPTED,
    quiet_s: float = _SECOND_THOUGHT_S,
) -> int:
    """Run what this process is for, which is to end with the status returned.

    A Ctrl-C that comes again is ignored, and once `main` has returned every one is, and SIGTERM,
    until the process is gone.

    Args:
        main: returns the exit status; a PerceptionError of it is printed, and the status is 1.
        interrupted: the status where Ctrl-C came and `main` did not handle it.
        quiet_s: how soon after one Ctrl-C another is the same, in seconds; infinite: always.
    """
    _interrupts.quiet_s = quiet_s
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _interrupts)
    try:
        return main()
    except PerceptionError as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return interrupted
    finally:
        _interrupts.quiet_s = math.inf
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


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
def announced_ends(notify: Callable[[], object]) -> Iterator[None]:
    """Call `notify`, from a thread of its own, when SIGINT or SIGTERM comes, and it comes at once.

    The main thread, in which Python handles signals, may wait in rclpy for long. Both signals are
    also interrupts of `run_program`, even where a shell's background ignores Ctrl-C: a node is
    told to end by a signal. To be called from the main thread, before `rclpy.init`, which is to
    install no handlers.
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    before_fd = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for each in _ENDS:
        signal.signal(each, _interrupts)

    def wait() -> None:
        while numbers := os.read(reader, 64):
            if any(number in _ENDS for number in numbers):
                notify()
                return

    thread = threading.Thread(target=wait, name='signals', daemon=True)
    thread.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before_fd)
        os.close(writer)
        thread.join()
        os.close(reader)


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
