# SPDX-License-Identifier: Apache-2.0
"""The store of engines: give the one that is there, or build it, once, and keep it.

A file for each key, replaced in one move, so that who reads needs no lock. Who builds holds one:
on one GPU one process at a time, whatever it builds, since builds measure and would disturb each
other. The lock saves work, no more: whether an engine is whole is for its checksums to say.
"""

import os
import re
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

from mobilenet_perception.errors import UnusableEngineError
from mobilenet_perception.inference.engines import engine_file
from mobilenet_perception.inference.engines.engine_file import EngineFacts, EngineKey
from mobilenet_perception.system.files import entry_of
from mobilenet_perception.system.lock import locked

_OURS = re.compile(r'\.?[\w.-]+-[0-9a-f]{12}(\.[0-9a-f]{64}\.engine|\.timing)(\.\w+)?')
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
        facts: what is known of it.
        built: by this call.
        trouble: what is wrong with it, or with keeping it: a sentence to tell; empty: nothing.
    """

    plan: bytes
    facts: EngineFacts
    built: bool
    trouble: str = ''


class StoredFile(NamedTuple):
    """A file in the store: an engine or a timing cache, or what is left of one.

    Attributes:
        path: where it is.
        size_bytes: its size.
        used_at: when it was built or loaded last, in UTC.
        facts: of an engine, where they can be read.
        trouble: why it is never loaded, a sentence without its end; empty: it is sound.
    """

    path: Path
    size_bytes: int
    used_at: datetime
    facts: EngineFacts | None
    trouble: str

    @property
    def name(self) -> str:
        """Name of the engine, or of the file."""
        return self.facts.name if self.facts else self.path.name

    @property
    def unfinished(self) -> bool:
        """Whether a process is writing it at this moment, or was killed while it did."""
        return self.path.name.startswith('.')


class EngineStore:
    """Engines in a folder. Any number of processes and threads may use it at a time.

    Args:
        folder: where; None: `default_folder`.

    Raises:
        EngineCacheError: there is no folder to use. So does each method where other users can
            write to it.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = engine_file.default_folder() if folder is None else folder.expanduser()

    def find(self, key: EngineKey, name: str) -> Engine | None:
        """Return an engine if it is there and sound; `name` as for `get`."""
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
        refused: Engine | None = None,
    ) -> Engine:
        """Return an engine: the one that is there, else the one that is built now.

        If a process that builds dies, one of those that wait for it builds.

        Args:
            key: all that must be equal for an engine to be used again.
            name: bundle and variant, for people, and to find out what has changed.
            build: takes the timing cache of earlier builds, which may be empty.
            on_wait: told every few seconds what is waited for; what it raises ends the waiting.
            on_build: told why, before a build begins.
            refused: what was given before and the library does not load; its trouble says why.

        Raises:
            Exception: what `build` raises.
        """
        found, tell_at = self._look(key, name, refused), time.monotonic()
        with ExitStack() as held:
            while not isinstance(found, Engine):
                holder = self._acquire(held, key, name)
                # Another process may have built it just before.
                found = self._look(key, name, refused)
                if isinstance(found, Engine):
                    break
                if not holder:
                    if on_build:
                        on_build(found)
                    return self._build(key, name, build, found)
                if on_wait and time.monotonic() >= tell_at:
                    tell_at = time.monotonic() + _TELL_S
                    on_wait(holder)
                time.sleep(_POLL_S)
            return found

    def files(self) -> list[StoredFile]:
        """Return what is in the store, most recently used first, checked byte by byte."""
        if not engine_file.is_safe_folder(self.folder):
            return []
        found = []
        for path in self.folder.iterdir():
            if _OURS.fullmatch(path.name):
                with suppress(FileNotFoundError):
                    found.append(_examine(path))
        return sorted(found, key=lambda file: file.used_at, reverse=True)

    def _look(self, key: EngineKey, name: str, refused: Engine | None = None) -> Engine | str:
        """Return the engine, or say why there is none."""
        path = self.folder / key.file_name
        try:
            engine_file.is_safe_folder(self.folder)
            facts, plan = engine_file.read(path)
        except UnusableEngineError as error:
            return str(error)
        except FileNotFoundError:
            return self._why_absent(key, name)
        except OSError as error:
            return f'{self.folder} cannot be read ({error.strerror})'
        if refused and facts == refused.facts:
            return refused.trouble
        with suppress(OSError):
            os.utime(path)
        return Engine(plan, facts, built=False)

    def _why_absent(self, key: EngineKey, name: str) -> str:
        changes: list[list[str]] = []
        for path in self.folder.glob('*.engine'):
            with suppress(UnusableEngineError, FileNotFoundError):
                facts = engine_file.read_facts(path)
                changes += [key.changes_from(facts.key)] if facts.name == name else []
        if not changes:
            return 'the cache has no engine of it'
        least = min(changes, key=len)
        return ', '.join(least)

    def _acquire(self, held: ExitStack, key: EngineKey, name: str) -> str:
        """Take the lock of all that build for a GPU; returns who has it, empty: nobody else."""
        lock = self.folder / f'{key.target}.lock'
        holder = ''
        try:
            self._make_folder()
            held.enter_context(locked(lock, busy=_BusyError()))
            since = f'{datetime.now():%X}'
            lock.write_text(f'another process ({os.getpid()}) is building {name}, since {since}')
        except _BusyError:
            with suppress(OSError, ValueError):
                holder = lock.read_text()
            return holder or 'another process is building an engine'
        except OSError:
            # Without a folder, or where it cannot be written, the engine is built all the same.
            pass
        return ''

    def _build(
        self, key: EngineKey, name: str, build: Callable[[bytes], Built], reason: str
    ) -> Engine:
        path, timing = self.folder / key.file_name, self.folder / f'{key.target}.timing'
        # What is damaged goes first: those that wait need not read it again and again. What is
        # unfinished and of this GPU was left by builders that died.
        with suppress(OSError):
            for useless in (path, *self.folder.glob(f'.{key.target}.*')):
                useless.unlink(missing_ok=True)
        timing_cache = b''
        with suppress(OSError, UnusableEngineError):
            timing_cache = engine_file.read_timing_cache(timing)
        built_at = datetime.now(timezone.utc).isoformat(timespec='seconds')
        start = time.monotonic()
        built = build(timing_cache)
        facts = EngineFacts(
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
        trouble = ''
        try:
            self._make_folder()
            engine_file.write(path, facts, built.plan)
            if built.timing_cache:
                engine_file.write_timing_cache(timing, built.timing_cache)
        except OSError as error:
            trouble = (
                f'{self.folder} cannot be written ({error.strerror}): {name} may have to be built '
                'again at the next start'
            )
        return Engine(built.plan, facts, built=True, trouble=trouble)

    def _make_folder(self) -> None:
        """Make the folder, for its owner alone, where it is not there yet."""
        if not engine_file.is_safe_folder(self.folder):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            engine_file.is_safe_folder(self.folder)


class _BusyError(Exception):
    """Another process builds for this GPU."""


def _examine(path: Path) -> StoredFile:
    status = path.lstat()
    facts, trouble = None, ''
    try:
        if path.name.startswith('.'):
            trouble = 'a process was killed while it wrote this'
        elif path.suffix == '.timing':
            engine_file.read_timing_cache(path)
        else:
            facts = engine_file.read_facts(path)
            engine_file.read(path)
    except UnusableEngineError as error:
        trouble = str(error)
    used_at = datetime.fromtimestamp(status.st_mtime, timezone.utc)
    return StoredFile(path, status.st_size, used_at, facts, trouble)
