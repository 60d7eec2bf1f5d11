# SPDX-License-Identifier: Apache-2.0
"""A lock between processes: the kernel releases it when its holder ends, however it ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(path: Path, busy: Exception | None = None) -> Iterator[None]:
    """Hold a file's lock; no other process or thread that asks for it has it meanwhile.

    Args:
        path: the file, made if need be, in a folder that is there. Its content is left alone, and
            it is never removed, lest two processes lock two files of one name.
        busy: raised if another has the lock; None: wait for it.

    Raises:
        OSError: the file cannot be opened, or this disk has no locks.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (fcntl.LOCK_NB if busy else 0))
        except BlockingIOError as error:
            raise busy or error from None
        yield
    finally:
        os.close(handle)
