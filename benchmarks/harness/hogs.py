# SPDX-License-Identifier: Apache-2.0
"""Hogs: other processes that take all cores for a while, again and again."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from benchmarks.harness.processes import child


@contextmanager
def hogs(every_s: float, share: float = 0.5) -> Iterator[None]:
    """Keep every core busy for the last part of each period, as long as the context lasts.

    Args:
        every_s: the period, in seconds.
        share: of the period that is busy, 0 to 1.
    """
    start = str(time.monotonic())
    with ExitStack() as stack:
        for core in os.sched_getaffinity(0):
            arguments = [str(core), start, str(every_s), str(share)]
            stack.enter_context(child('benchmarks.harness.hogs', arguments))
        yield


def is_busy(elapsed_s: float, every_s: float, share: float = 0.5) -> bool:
    """Return whether the cores are busy so long after the beginning."""
    return elapsed_s % every_s >= every_s * (1 - share)


def main() -> None:
    """Keep one core busy until ended, or left alone by a parent that was killed."""
    parent = os.getppid()
    # They are others: not of the real-time priority that who starts them may have.
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    core, start, every_s, share = (float(argument) for argument in sys.argv[1:])
    os.sched_setaffinity(0, {int(core)})
    while os.getppid() == parent:
        if is_busy(time.monotonic() - start, every_s, share):
            sum(range(10_000))
        else:
            time.sleep(0.01)


if __name__ == '__main__':
    main()
