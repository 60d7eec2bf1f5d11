# SPDX-License-Identifier: Apache-2.0
"""Other processes that take all cores for a while, again and again."""

import multiprocessing
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def hogs(every_s: float, share: float = 0.5) -> Iterator[None]:
    """Keep every core busy for the second part of each period, as long as the context lasts.

    Args:
        every_s: the period, in seconds.
        share: of the period that is busy, 0 to 1.
    """
    context = multiprocessing.get_context('spawn')
    start = time.monotonic()
    cores = sorted(os.sched_getaffinity(0))
    processes = [
        context.Process(target=_hog, args=(core, start, every_s, share), daemon=True)
        for core in cores
    ]
    for process in processes:
        process.start()
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.join()


def is_busy(elapsed_s: float, every_s: float, share: float = 0.5) -> bool:
    """Return whether the cores are busy so long after the beginning."""
    return elapsed_s % every_s >= every_s * (1 - share)


def _hog(core: int, start: float, every_s: float, share: float) -> None:
    os.sched_setaffinity(0, {core})
    while True:
        if is_busy(time.monotonic() - start, every_s, share):
            sum(range(10_000))
        else:
            time.sleep(0.01)
