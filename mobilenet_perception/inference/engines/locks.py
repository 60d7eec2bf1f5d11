# SPDX-License-Identifier: Apache-2.0
"""Locks between processes: the kernel releases them when their holder dies, however it dies.

They save work, no more: whether an engine is whole is for its checksum to say. So where a lock
cannot be had at all, as on a read-only disk, its holder goes on without it.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType


@contextmanager
def locked(path: Path, shared: bool = False) -> Iterator[None]:
    """Wait for a lock that is held for moments only, and hold it.

    Args:
        path: the file that is locked. It is made by who writes; it is never removed, lest two
            processes lock two files of one name.
        shared: with others that share it, to read; a file that is not there needs no lock.
    """
    handle = _open(path, os.O_RDONLY if shared else os.O_RDWR | os.O_CREAT)
    try:
        if handle is not None:
            with suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield
    finally:
        if handle is not None:
            os.close(handle)


class BuildLock:
    """A lock that is held for minutes, and says by whom. A context manager.

    Args:
        path: the file that is locked.
        name: of the engine to build.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self._name = name
        self._handle: int | None = None

    def __enter__(self) -> 'BuildLock':
        self._handle = _open(self._path, os.O_RDWR | os.O_CREAT)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._handle is not None:
            os.close(self._handle)

    def acquire(self) -> bool:
        """Take it if nobody has it; returns whether to go on."""
        if self._handle is None:
            return True
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True
        # The steady clock counts from the start of the machine: all processes have the same.
        held = {'process': os.getpid(), 'engine': self._name, 'since_s': time.monotonic()}
        with suppress(OSError):
            os.ftruncate(self._handle, 0)
            os.pwrite(self._handle, json.dumps(held).encode(), 0)
        return True

    def holder(self) -> str:
        """Say who has it, for how long, and for what."""
        try:
            held = json.loads(self._path.read_bytes())
            seconds = max(0.0, time.monotonic() - float(held['since_s']))
            process, engine = int(held['process']), str(held['engine'])
        except (OSError, ValueError, KeyError, TypeError):
            # Its holder has just taken it, and not yet said so.
            return 'another process is building an engine'
        return f'another process ({process}) is building {engine}, since {seconds:.0f} s'


def _open(path: Path, flags: int) -> int | None:
    try:
        return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError:
        return None
