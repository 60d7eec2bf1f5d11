# SPDX-License-Identifier: Apache-2.0
"""The store of engines: give the one that is there, or build it, once, and keep it."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

from mobilenet_perception.errors import UnusableEngineError
from mobilenet_perception.inference.engines.cleanup import (
    Finding,
    Rule,
    damaged,
    make_room,
    removals,
)
from mobilenet_perception.inference.engines.files import (
    EngineFiles,
    Entry,
    read_timing_cache,
    write_timing_cache,
)
from mobilenet_perception.inference.engines.folder import (
    default_folder,
    is_safe_folder,
    make_folder,
)
from mobilenet_perception.inference.engines.locks import BuildLock
from mobilenet_perception.inference.engines.sidecar import EngineKey, Sidecar, differences
from mobilenet_perception.system.checksums import entry_of

LIMIT_BYTES = 2 * 1024**3
_POLL_S = 0.1
_TELL_S = 5.0

Notify = Callable[[str], None]


class Built(NamedTuple):
    """What a build gives.

    Attributes:
        plan: the engine, serialised.
        timing_cache: what the library learned, for its next build; empty where there is none.
        precision_asked: such as `fp16`.
        precision_proven: number of layers by precision, as the engine itself tells; empty:
            unknown.
    """

    plan: bytes
    timing_cache: bytes
    precision_asked: str
    precision_proven: dict[str, int]


class Engine(NamedTuple):
    """An engine to be loaded.

    Attributes:
        plan: the engine, serialised.
        sidecar: what is known of it.
        built: by this call.
        trouble: why it may have to be built again at the next start, or what else is wrong with
            the cache; a sentence to tell. Empty: nothing is.
    """

    plan: bytes
    sidecar: Sidecar
    built: bool
    trouble: str = ''


class EngineStore:
    """Engines in a folder. Any number of processes and threads may use it at a time.

    Args:
        folder: where; None: `default_folder`.
        limit_bytes: that all engines may have together. Those least recently used are removed,
            but none that this store has given out.

    Raises:
        EngineCacheError: there is no folder to use.
    """

    def __init__(self, folder: Path | None = None, limit_bytes: int = LIMIT_BYTES) -> None:
        self.folder = default_folder() if folder is None else folder.expanduser()
        self.limit_bytes = limit_bytes
        self._files = EngineFiles(self.folder)
        self._given: set[str] = set()

    def find(self, key: EngineKey, name: str) -> Engine | None:
        """Return an engine if it is there and sound; `name` as for `get`.

        Raises:
            EngineCacheError: other users can write to the folder.
        """
        found = self._look(key, name)
        return found if isinstance(found, Engine) else None

    def why_missing(self, key: EngineKey, name: str) -> str:
        """Say why `find` gives nothing; empty where it gives an engine."""
        found = self._look(key, name)
        return '' if isinstance(found, Engine) else found

    def get(
        self,
        key: EngineKey,
        name: str,
        build: Callable[[bytes], Built],
        on_wait: Notify | None = None,
        on_build: Notify | None = None,
    ) -> Engine:
        """Return an engine: the one that is there, else the one that is built now.

        On one GPU, one process at a time builds, whatever it builds: builds measure, and would
        disturb each other. If it dies, one of those that wait builds.

        Args:
            key: all that must be equal for an engine to be used again.
            name: bundle and variant, for people, and to find out what has changed.
            build: takes the timing cache of earlier builds, which may be empty.
            on_wait: told every few seconds what is waited for; what it raises ends the waiting.
            on_build: told why, before a build begins.

        Raises:
            EngineCacheError: other users can write to the folder.
            Exception: what `build` raises.
        """
        # Where there can be no folder, the engine is built all the same, and the trouble told.
        with suppress(OSError):
            make_folder(self.folder)
        if engine := self.find(key, name):
            return engine
        tell_at = time.monotonic()
        with BuildLock(self.folder / f'{key.target}.lock', name) as lock:
            while True:
                ours = lock.acquire()
                # Another process may have built it just before.
                found = self._look(key, name)
                if isinstance(found, Engine):
                    return found
                if ours:
                    if on_build:
                        on_build(found)
                    return self._build(key, name, build, found)
                if on_wait and time.monotonic() >= tell_at:
                    tell_at = time.monotonic() + _TELL_S
                    on_wait(lock.holder())
                time.sleep(_POLL_S)

    def entries(self) -> list[Entry]:
        """Return the engines whose sidecar can be read, most recently used first.

        Raises:
            EngineCacheError: other users can write to the folder.
        """
        with self._files.reading():
            return self._files.entries()

    def verify(self) -> list[Finding]:
        """Return what is wrong, by engine or file; nothing of it is ever loaded.

        Raises:
            EngineCacheError: other users can write to the folder.
        """
        with self._files.reading():
            return damaged(self._files)

    def clean(self, rule: Rule, dry_run: bool = False) -> list[Finding]:
        """Remove engines by a rule, and all that is of no use any more; return what was removed.

        Args:
            rule: what is to go.
            dry_run: only say what would be.

        Raises:
            EngineCacheError: other users can write to the folder.
            OSError: something cannot be removed.
        """
        if not is_safe_folder(self.folder):
            return []
        with self._files.reading() if dry_run else self._files.writing():
            found = removals(self._files, rule)
            for path in (path for finding in found for path in finding.paths if not dry_run):
                path.unlink(missing_ok=True)
        return found

    def _look(self, key: EngineKey, name: str) -> Engine | str:
        """Return the engine, or say why there is none."""
        digest = key.digest
        try:
            with self._files.reading():
                if not self._files.has(digest):
                    return self._why_absent(key, name)
                sidecar = self._files.read_sidecar(digest)
                plan = self._files.read_plan(digest, sidecar)
                self._files.mark_used(digest)
        except UnusableEngineError as error:
            return str(error)
        except OSError as error:
            return f'{self.folder} cannot be read ({error.strerror})'
        self._given.add(digest)
        return Engine(plan, sidecar, built=False)

    def _why_absent(self, key: EngineKey, name: str) -> str:
        sidecars = (entry.sidecar for entry in self._files.entries())
        changes = [differences(sidecar.key, key) for sidecar in sidecars if sidecar.name == name]
        if not changes:
            return 'the cache has no engine of it'
        least = min(changes, key=len)
        return ', '.join(least)

    def _build(
        self, key: EngineKey, name: str, build: Callable[[bytes], Built], reason: str
    ) -> Engine:
        # What is damaged goes first: those that wait need not read it again and again.
        with suppress(OSError), self._files.writing():
            self._files.remove(key.digest)
        timing_cache = b''
        with suppress(OSError, UnusableEngineError):
            timing_cache = read_timing_cache(self._files.timing_cache(key.target))
        built_at = datetime.now(timezone.utc).isoformat(timespec='seconds')
        start = time.monotonic()
        built = build(timing_cache)
        sidecar = Sidecar(
            name=name,
            key=key,
            plan_bytes=len(built.plan),
            plan_sha256=entry_of(built.plan).sha256,
            built_at=built_at,
            build_seconds=round(time.monotonic() - start, 3),
            reason=reason,
            precision_asked=built.precision_asked,
            precision_proven=built.precision_proven,
        )
        self._given.add(key.digest)
        return Engine(built.plan, sidecar, built=True, trouble=self._keep(sidecar, built))

    def _keep(self, sidecar: Sidecar, built: Built) -> str:
        """Write what was built; returns the trouble with that."""
        try:
            with self._files.writing():
                for path in self._files.unfinished():
                    path.unlink()
                used = len(built.plan)
                used += make_room(self._files, self.limit_bytes - used, self._given)
                self._files.write(sidecar, built.plan)
                if built.timing_cache:
                    path = self._files.timing_cache(sidecar.key.target)
                    write_timing_cache(path, built.timing_cache)
        except OSError as error:
            return (
                f'{self.folder} cannot be written ({error.strerror}): {sidecar.name} may have to '
                'be built again at the next start'
            )
        if used > self.limit_bytes:
            return (
                f'the engines in use have {used / 1e6:.2f} MB where {self.folder} is to hold '
                f'{self.limit_bytes / 1e6:.2f} MB: raise the limit'
            )
        return ''
