# SPDX-License-Identifier: Apache-2.0
"""Prefetching of a source in a thread, so that drawing or decoding does not disturb its pace."""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

_T = TypeVar('_T')


class _Failed(Exception):  # noqa: N818 (it carries an error, it is none)
    """Carries an error from the thread to the reader."""


@contextmanager
def prefetch(items: Iterator[_T], depth: int) -> Iterator[Iterator[_T]]:
    """Give the items of an iterator, up to `depth` of them made in advance by a thread.

    The first item comes when `depth` are ready, so that a slow start delays none after it. An
    error of the iterator is raised where its item would have come.
    """
    ready: queue.Queue[_T | _Failed | None] = queue.Queue(depth)
    ended = threading.Event()
    filled = threading.Event()

    def put(item: _T | _Failed | None) -> bool:
        while not ended.is_set():
            try:
                ready.put(item, timeout=0.1)
            except queue.Full:
                filled.set()
                continue
            if ready.full():
                filled.set()
            return True
        return False

    def work() -> None:
        try:
            for item in items:
                if not put(item):
                    return
            put(None)
            filled.set()
        except BaseException as error:
            put(_Failed(error))
            filled.set()

    def read() -> Iterator[_T]:
        filled.wait()
        while True:
            item = ready.get()
            if item is None:
                return
            if isinstance(item, _Failed):
                raise item.args[0]
            yield item

    thread = threading.Thread(target=work, name='prefetch', daemon=True)
    thread.start()
    try:
        yield read()
    finally:
        ended.set()
        thread.join()
