# SPDX-License-Identifier: Apache-2.0
"""The files of the engine cache: which there are, reading, writing and removing them.

Under each key's digest a plan and its sidecar; the sidecar is written last, and without it a plan
is nothing. All is written and removed by the holder of one lock, so that whatever unfinished file
it finds was left by a process that died.

What a library learned when it built, for its next build: a file that begins with its checksum.

Without one a build is slower, and otherwise the same.
"""

import os
import re
import time
from contextlib import AbstractContextManager, suppress
from datetime import datetime, timezone
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from mobilenet_perception.errors import UnusableEngineError
from mobilenet_perception.inference.engines.folder import is_safe_folder, make_folder, read_own
from mobilenet_perception.inference.engines.locks import locked
from mobilenet_perception.inference.engines.sidecar import (
    Sidecar,
    sidecar_from_text,
    sidecar_to_text,
)
from mobilenet_perception.system.checksums import entry_of
from mobilenet_perception.system.files import write_atomically

_LOCK_FILE = 'files.lock'
_DIGEST_FILE = re.compile(r'([0-9a-f]{64})\.(?:json|plan)')
_TIMING_FILE = re.compile(r'[\w.-]+-[0-9a-f]{12}\.timing')
_UNFINISHED_FILE = re.compile(rf'\.(?:{_DIGEST_FILE.pattern}|{_TIMING_FILE.pattern})\.\w+')
# Between two uses on a clock that stands or went back.
_TICK_NS = 1_000_000


class Entry(NamedTuple):
    """An engine in the cache.

    Attributes:
        digest: of its key.
        sidecar: what is known of it.
        used_at: when it was built or loaded last, in UTC. Never before that of an engine used
            earlier, even where the clock was set back.
    """

    digest: str
    sidecar: Sidecar
    used_at: datetime


class EngineFiles:
    """The files of one cache. Reading and writing are for who holds the lock to do so."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def reading(self) -> AbstractContextManager[None]:
        """Hold the lock to read: nothing is removed meanwhile.

        Raises:
            EngineCacheError: other users can write to the folder.
        """
        is_safe_folder(self.folder)
        return locked(self.folder / _LOCK_FILE, shared=True)

    def writing(self) -> AbstractContextManager[None]:
        """Hold the lock to write, making the folder if need be.

        Raises:
            EngineCacheError: other users can write to the folder.
            OSError: it cannot be made.
        """
        make_folder(self.folder)
        return locked(self.folder / _LOCK_FILE)

    def digests(self) -> list[str]:
        """Return the digests that there are sidecars or plans of."""
        matches = (_DIGEST_FILE.fullmatch(name) for name in self._names())
        return sorted({match[1] for match in matches if match})

    def has(self, digest: str) -> bool:
        """Say whether there is an engine, sound or not: its sidecar is what counts."""
        return self.path(digest, 'json').is_file()

    def entries(self) -> list[Entry]:
        """Return the engines whose sidecar can be read, most recently used first."""
        found = []
        for digest in self.digests():
            with suppress(UnusableEngineError):
                sidecar = self.read_sidecar(digest)
                used_at = datetime.fromtimestamp(self._used_ns(digest) / 1e9, timezone.utc)
                found.append(Entry(digest, sidecar, used_at))
        return sorted(found, key=lambda entry: entry.used_at, reverse=True)

    def read_sidecar(self, digest: str) -> Sidecar:
        """Read a sidecar.

        Raises:
            UnusableEngineError: it is missing, damaged, of another schema, or another engine's.
        """
        try:
            sidecar = sidecar_from_text(read_own(self.path(digest, 'json')))
        except OSError as error:
            raise UnusableEngineError(
                f'the engine is damaged: its sidecar cannot be read ({error.strerror})'
            ) from error
        if sidecar.key.digest != digest:
            raise UnusableEngineError(
                'the engine is damaged: its sidecar is that of another engine'
            )
        return sidecar

    def read_plan(self, digest: str, sidecar: Sidecar) -> bytes:
        """Read the plan that belongs to a sidecar.

        Raises:
            UnusableEngineError: it is missing or damaged.
        """
        try:
            plan = read_own(self.path(digest, 'plan'))
        except OSError as error:
            raise UnusableEngineError(
                f'the engine is damaged: its plan cannot be read ({error.strerror})'
            ) from error
        if entry_of(plan) != sidecar.plan:
            raise UnusableEngineError(
                'the engine is damaged: its plan does not match its checksum'
            )
        return plan

    def write(self, sidecar: Sidecar, plan: bytes) -> None:
        """Write an engine in place of what is there.

        Raises:
            OSError: it cannot be written: then there is none.
        """
        digest = sidecar.key.digest
        self.remove(digest)
        try:
            write_atomically(self.path(digest, 'plan'), plan, durable=True)
            write_atomically(self.path(digest, 'json'), sidecar_to_text(sidecar), durable=True)
        except OSError:
            with suppress(OSError):
                self.remove(digest)
            raise
        self.mark_used(digest)

    def remove(self, digest: str) -> None:
        """Remove an engine, or what there is of it; the sidecar first.

        Raises:
            OSError: it cannot be removed.
        """
        for kind in ('json', 'plan'):
            self.path(digest, kind).unlink(missing_ok=True)

    def mark_used(self, digest: str) -> None:
        """Remember that an engine was used now, later than any other.

        As the sidecar's time of change: many disks do not keep the time of access.
        """
        with suppress(OSError):
            latest = max(map(self._used_ns, self.digests()), default=0)
            now = max(time.time_ns(), latest + _TICK_NS)
            os.utime(self.path(digest, 'json'), ns=(now, now))

    def by_use(self) -> list[tuple[str, int]]:
        """Return the digests, least recently used first, and the size of each plan in bytes."""
        digests = sorted(self.digests(), key=self._used_ns)
        return [(digest, size(self.path(digest, 'plan'))) for digest in digests]

    def unfinished(self) -> list[Path]:
        """Return what processes that died left half-written; only who may write can tell."""
        return [self.folder / name for name in self._names() if _UNFINISHED_FILE.fullmatch(name)]

    def timing_caches(self) -> list[Path]:
        """Return the timing caches there are."""
        return [self.folder / name for name in self._names() if _TIMING_FILE.fullmatch(name)]

    def timing_cache(self, target: str) -> Path:
        """Return where the timing cache of a target is."""
        return self.folder / f'{target}.timing'

    def path(self, digest: str, kind: str) -> Path:
        """Return where the `plan` or the sidecar (`json`) is."""
        return self.folder / f'{digest}.{kind}'

    def _names(self) -> list[str]:
        return [path.name for path in self.folder.iterdir()] if is_safe_folder(self.folder) else []

    def _used_ns(self, digest: str) -> int:
        """Return when an engine was used; 0: before all others, for one without sidecar."""
        with suppress(OSError):
            return self.path(digest, 'json').stat().st_mtime_ns
        return 0


def size(path: Path) -> int:
    """Return the size of a file in bytes; 0 where there is none."""
    with suppress(OSError):
        return path.stat().st_size
    return 0


_SHA256_BYTES = 32


def write_timing_cache(path: Path, cache: bytes) -> None:
    """Write a timing cache.

    Raises:
        OSError: it cannot be written.
    """
    write_atomically(path, sha256(cache).digest() + cache, durable=True)


def read_timing_cache(path: Path) -> bytes:
    """Read a timing cache.

    Raises:
        UnusableEngineError: it is damaged.
        OSError: it cannot be read.
    """
    content = read_own(path)
    checksum, cache = content[:_SHA256_BYTES], content[_SHA256_BYTES:]
    if sha256(cache).digest() != checksum:
        raise UnusableEngineError('the timing cache does not match its checksum')
    return cache
