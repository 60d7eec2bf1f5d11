# SPDX-License-Identifier: Apache-2.0
"""The file of an engine: a line of facts that a person can read, sealed, and then the plan.

A plan is native code: it is read from a folder and a file that nobody else can have written, and
handed on only if it is what was built.
"""

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from mobilenet_perception.errors import EngineCacheError, UnusableEngineError
from mobilenet_perception.system.files import entry_of, is_sealed, sealed_json, write_atomically

SCHEMA = 'mobilenet_perception.engine'
SCHEMA_VERSION = 1
VARIABLE = 'MOBILENET_PERCEPTION_ENGINES'
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
# Of the line of facts, in bytes.
_LONGEST_LINE = 65536


class EngineKey(NamedTuple):
    """All that must be equal for an engine to be used again.

    Attributes:
        model_sha256: SHA-256 of the ONNX model's bytes, in hexadecimal.
        library: what built it, such as `tensorrt`.
        library_version: of that, such as `10.13.0`.
        gpu_name: such as `Orin`.
        compute_capability: of the GPU, such as `8.7`.
        options: name and value of each build option, sorted by name.
    """

    model_sha256: str
    library: str
    library_version: str
    gpu_name: str
    compute_capability: str
    options: tuple[tuple[str, str], ...]

    @property
    def digest(self) -> str:
        """SHA-256 over all of it, in hexadecimal."""
        return _sha256(self.to_json())

    @property
    def target(self) -> str:
        """Names the library, its version and the GPU: what one builder at a time builds for."""
        parts = self[1:5]
        readable = re.sub(r'[^A-Za-z0-9.]+', '_', '-'.join(parts))[:100]
        return f'{readable}-{_sha256(parts)[:12]}'

    @property
    def file_name(self) -> str:
        """Name of the file of its engine."""
        return f'{self.target}.{self.digest}.engine'

    @property
    def gpu(self) -> str:
        """Name and compute capability of the GPU."""
        return f'{self.gpu_name} ({self.compute_capability})'

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {**self._asdict(), 'options': dict(sorted(self.options))}

    def changes_from(self, earlier: 'EngineKey') -> list[str]:
        """Say in what it differs from an earlier key; nothing where they are equal."""
        told = []
        if earlier.model_sha256 != self.model_sha256:
            told.append('the model changed')
        if earlier[1:3] != self[1:3]:
            told.append(f'the library was {" ".join(earlier[1:3])} and is {" ".join(self[1:3])}')
        if earlier[3:5] != self[3:5]:
            told.append(f'the GPU was {earlier.gpu} and is {self.gpu}')
        before, now = dict(earlier.options), dict(self.options)
        for name in sorted(before.keys() | now.keys()):
            was, chosen = (options.get(name, 'not set') for options in (before, now))
            if was != chosen:
                told.append(f'{name} was {was} and is {chosen}')
        return told


class EngineFacts(NamedTuple):
    """What is known of an engine.

    Attributes:
        name: bundle and variant, such as `street_signals/mobilenet_v4_conv_small_0.5_64`.
        key: all that must be equal for it to be used again.
        plan_bytes: size of the plan, which is the engine, serialised.
        plan_sha256: SHA-256 of the plan, in hexadecimal.
        built_at: when, ISO 8601 in UTC.
        build_seconds: how long that took.
        reason: why it was built.
        precision_asked: such as `fp16`.
        precision_proven: number of layers by precision, as the engine itself tells; empty:
            unknown.
    """

    name: str
    key: EngineKey
    plan_bytes: int
    plan_sha256: str
    built_at: str
    build_seconds: float
    reason: str
    precision_asked: str
    precision_proven: dict[str, int]

    def to_json(self) -> dict[str, Any]:
        """Return them as JSON values, in the order in which a person reads them."""
        head = {'schema': SCHEMA, 'schema_version': SCHEMA_VERSION}
        return {**head, **self._asdict(), 'key': self.key.to_json()}


def default_folder() -> Path:
    """Return the folder named in the environment, else one among the user's caches.

    Raises:
        EngineCacheError: the user has no home folder.
    """
    if named := os.environ.get(VARIABLE):
        return Path(named).expanduser()
    caches = Path(os.environ.get('XDG_CACHE_HOME', ''))
    try:
        # The XDG Base Directory specification: a relative path is to be ignored.
        caches = caches if caches.is_absolute() else Path.home() / '.cache'
    except RuntimeError as error:
        raise EngineCacheError(
            f'there is no home folder to keep engines in: name a folder in {VARIABLE}'
        ) from error
    return caches / 'mobilenet_perception' / 'engines'


def is_safe_folder(folder: Path) -> bool:
    """Say whether the folder is there.

    Raises:
        EngineCacheError: it is there, and other users can write to it.
        OSError: it cannot be looked at.
    """
    try:
        status = folder.stat()
    except FileNotFoundError:
        return False
    if not stat.S_ISDIR(status.st_mode):
        raise EngineCacheError(f'{folder} is not a folder: name another one in {VARIABLE}')
    if status.st_uid != os.geteuid():
        raise EngineCacheError(
            f'{folder} belongs to another user (uid {status.st_uid}), and engines are code that '
            f'would be run: name another folder in {VARIABLE}'
        )
    if status.st_mode & _OTHERS_WRITE:
        raise EngineCacheError(
            f'other users can write to {folder}, and engines are code that would be run: '
            f'look who did, then chmod go-w {folder}'
        )
    return True


def write(path: Path, facts: EngineFacts, plan: bytes) -> None:
    """Write an engine in place of what is there.

    Raises:
        OSError: it cannot be written.
    """
    write_atomically(path, sealed_json(facts.to_json(), indent=None) + plan, durable=True)


def read(path: Path) -> tuple[EngineFacts, bytes]:
    """Read facts and plan.

    Raises:
        UnusableEngineError: it is damaged, of another release, or may be a forgery.
        FileNotFoundError: there is none.
    """
    with _own(path) as file:
        facts, plan = _facts(path, file), file.read()
    if entry_of(plan) != (facts.plan_bytes, facts.plan_sha256):
        raise UnusableEngineError('the engine is damaged: its plan does not match its checksum')
    return facts, plan


def read_facts(path: Path) -> EngineFacts:
    """Read the facts alone; raises what `read` does."""
    with _own(path) as file:
        return _facts(path, file)


def write_timing_cache(path: Path, cache: bytes) -> None:
    """Write what a library measured when it built, behind its checksum; raises OSError."""
    write_atomically(path, entry_of(cache).sha256.encode() + b'\n' + cache, durable=True)


def read_timing_cache(path: Path) -> bytes:
    """Read a timing cache; raises what `read` does."""
    with _own(path) as file:
        checksum, cache = file.readline(_LONGEST_LINE), file.read()
    if entry_of(cache).sha256.encode() + b'\n' != checksum:
        raise UnusableEngineError('the timing cache does not match its checksum')
    return cache


@contextmanager
def _own(path: Path) -> Iterator[BinaryIO]:
    """Open a file that nobody else can have written, and no link."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(handle, 'rb') as file:
            status = os.fstat(handle)
            if status.st_uid != os.geteuid() or status.st_mode & _OTHERS_WRITE:
                raise UnusableEngineError(
                    f'the engine may be a forgery: other users can write to {path.name}'
                )
            yield file
    except FileNotFoundError:
        raise
    except OSError as error:
        raise UnusableEngineError(
            f'the engine is damaged: it cannot be read ({error.strerror})'
        ) from error


def _facts(path: Path, file: BinaryIO) -> EngineFacts:
    line = file.readline(_LONGEST_LINE)
    if not is_sealed(line):
        raise UnusableEngineError(
            'the engine is damaged: its facts do not match their own checksum'
        )
    try:
        value = json.loads(line)
        if value['schema_version'] != SCHEMA_VERSION:
            raise UnusableEngineError(
                'the engine is of another release: its facts have schema version '
                f'{value["schema_version"]!r:.20} and this release reads {SCHEMA_VERSION}'
            )
        facts = _facts_from_json(value)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnusableEngineError(
            f'the engine is damaged: its facts are incomplete ({error!r})'
        ) from error
    if facts.key.file_name != path.name:
        raise UnusableEngineError('the engine is damaged: its facts are those of another engine')
    return facts


def _facts_from_json(value: dict[str, Any]) -> EngineFacts:
    """Return the facts that `to_json` gave; raises KeyError and its like where they are none."""
    fields = {field: value[field] for field in EngineFacts._fields}
    key = fields.pop('key')
    options = tuple(sorted(key['options'].items()))
    return EngineFacts(key=EngineKey(**{**key, 'options': options}), **fields)


def _sha256(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
