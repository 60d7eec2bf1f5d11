# SPDX-License-Identifier: Apache-2.0
"""What is wrong in the cache, what is of no use any more, and what has to make room."""

import math
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

from mobilenet_perception.errors import UnusableEngineError
from mobilenet_perception.inference.engines.files import EngineFiles, read_timing_cache, size


class Finding(NamedTuple):
    """Files that are damaged, or to be removed.

    Attributes:
        what: name of the engine, or of the file.
        why: a sentence, without its end.
        paths: the files.
        size_bytes: of all of them.
    """

    what: str
    why: str
    paths: tuple[Path, ...]
    size_bytes: int


class Rule(NamedTuple):
    """Which engines are to go.

    Attributes:
        everything: all.
        unused_s: those not used for longer, in seconds.
        limit_bytes: the least recently used, until the others have so many bytes together.
    """

    everything: bool = False
    unused_s: float = math.inf
    limit_bytes: float = math.inf


def damaged(files: EngineFiles) -> list[Finding]:
    """Check every engine and timing cache against its checksum; return those that fail."""
    found = [_engine_fault(files, digest) for digest in files.digests()]
    found += [_timing_cache_fault(path) for path in files.timing_caches()]
    return [finding for finding in found if finding]


def removals(files: EngineFiles, rule: Rule) -> list[Finding]:
    """Return what a rule removes, and before it what is damaged or left by killed processes."""
    why = 'a process was killed while it wrote this'
    found = [_finding(path.name, why, path) for path in files.unfinished()] + damaged(files)
    useless = {path for finding in found for path in finding.paths}
    by_use = [one for one in files.by_use() if useless.isdisjoint(_paths(files, one[0]))]
    too_many, _ = _least_used(by_use, rule.limit_bytes)
    targets = set()
    for entry in files.entries():
        paths = _paths(files, entry.digest)
        if not useless.isdisjoint(paths):
            continue
        if rule.everything:
            why = 'all engines are removed'
        elif time.time() - entry.used_at.timestamp() > rule.unused_s:
            why = f'not used since {entry.used_at.astimezone():%Y-%m-%d}'
        elif entry.digest in too_many:
            why = 'least recently used'
        else:
            targets.add(entry.sidecar.key.target)
            continue
        found.append(_finding(entry.sidecar.name, why, *paths))
    why = 'there is no engine any more of its library and GPU'
    needed = useless | set(map(files.timing_cache, targets))
    forsaken = (path for path in files.timing_caches() if path not in needed)
    return found + [_finding(path.name, why, path) for path in forsaken]


def make_room(files: EngineFiles, limit_bytes: int, keep: Collection[str]) -> int:
    """Remove the least recently used engines until the others fit, but for some to be kept.

    Args:
        files: of the cache.
        limit_bytes: that the others may have together.
        keep: digests of engines that stay, whatever their size.

    Returns:
        The bytes that the others have.

    Raises:
        OSError: one cannot be removed.
    """
    too_many, size_bytes = _least_used(files.by_use(), limit_bytes, keep)
    for digest in too_many:
        files.remove(digest)
    return size_bytes


def _least_used(
    by_use: Sequence[tuple[str, int]], limit_bytes: float, keep: Collection[str] = ()
) -> tuple[list[str], int]:
    """Return the digests that have to go, and the bytes that the others have."""
    total = sum(size_bytes for _, size_bytes in by_use)
    gone = []
    for digest, size_bytes in by_use:
        if total > limit_bytes and digest not in keep:
            gone.append(digest)
            total -= size_bytes
    return gone, total


def _engine_fault(files: EngineFiles, digest: str) -> Finding | None:
    what = digest
    try:
        sidecar = files.read_sidecar(digest)
        what = sidecar.name
        files.read_plan(digest, sidecar)
    except UnusableEngineError as error:
        return _finding(what, str(error), *_paths(files, digest))
    return None


def _timing_cache_fault(path: Path) -> Finding | None:
    try:
        read_timing_cache(path)
    except UnusableEngineError as error:
        return _finding(path.name, str(error), path)
    except OSError as error:
        return _finding(path.name, f'it cannot be read ({error.strerror})', path)
    return None


def _paths(files: EngineFiles, digest: str) -> tuple[Path, Path]:
    return files.path(digest, 'json'), files.path(digest, 'plan')


def _finding(what: str, why: str, *paths: Path) -> Finding:
    return Finding(what, why, paths, sum(map(size, paths)))
