# SPDX-License-Identifier: Apache-2.0
"""Engines that tests build in a moment, in this process and in others."""

import json
import multiprocessing
import os
import resource
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from mobilenet_perception.inference.engines import Built, EngineKey, EngineStore
from mobilenet_perception.system.files import write_atomically

NAME = 'colours/tiny'
KEY = EngineKey(
    model_sha256=sha256(b'model').hexdigest(),
    library='tensorrt',
    library_version='10.3.0',
    gpu_name='Orin',
    compute_capability='8.7',
    options=(('largest_batch', '4'), ('workspace_mb', '256')),
)
NOBODY = 65534
# Of an engine, in bytes.
SIZE = 100_000
# Processes that have the code already when they start, and no thread of this one.
PROCESSES = multiprocessing.get_context('forkserver')
PROCESSES.set_forkserver_preload([__name__])


def plan_of(key: EngineKey, size: int = SIZE) -> bytes:
    """Return what `builder` builds: different bytes for each key."""
    return (key.digest.encode() * (size // 64 + 1))[:size]


def builder(
    key: EngineKey, counts: Path | None = None, seconds: float = 0.0, size: int = SIZE
) -> Callable[[bytes], Built]:
    """Return a build that writes a line to `counts`, takes its time and learns a little."""

    def build(timing_cache: bytes) -> Built:
        if counts:
            with counts.open('a') as file:
                file.write(f'{os.getpid()}\n')
        time.sleep(seconds)
        learned = timing_cache + key.digest[:8].encode()
        return Built(plan_of(key, size), learned, 'fp16', {'fp16': 41, 'fp32': 3})

    return build


def refuse(_: bytes) -> Built:
    """Fail where nothing is to be built."""
    raise AssertionError('it was built')


def flip(path: Path, index: int = -7) -> None:
    """Flip one bit of a file, in place, as a disk does: unseen."""
    content, status = bytearray(path.read_bytes()), path.stat()
    content[index] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def engine_file(folder: Path, key: EngineKey = KEY) -> Path:
    """Return where the engine of a key is."""
    return folder / key.file_name


def facts_line(folder: Path, key: EngineKey = KEY) -> bytes:
    """Return the first line of the file of an engine."""
    return engine_file(folder, key).read_bytes().partition(b'\n')[0] + b'\n'


def get_and_report(
    folder: Path,
    key: EngineKey,
    report: Path,
    counts: Path,
    seconds: float,
    start: Any = None,
    size: int = SIZE,
) -> None:
    """Get an engine, in a process of its own, and write what came of it."""
    told: list[str] = []
    if start:
        start.wait()
    engine = EngineStore(folder).get(key, NAME, builder(key, counts, seconds, size), told.append)
    right = engine.plan == plan_of(key, size)
    result = {'built': engine.built, 'right': right, 'told': told, 'trouble': engine.trouble}
    write_atomically(report / str(os.getpid()), json.dumps(result))


def get_as_ordinary_user(folder: Path, mode: int, room: int, size: int) -> None:
    """Get an engine where little is allowed: `mode` of the folder, bytes that a file may have."""
    if os.geteuid() == 0:
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    folder.chmod(mode)
    if room:
        # As on a full disk, a write fails half-way.
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    get_and_report(folder, KEY, folder.parent, folder.parent / 'counts', 0.0, size=size)


def reports(folder: Path) -> list[dict[str, Any]]:
    """Return what came of the processes that ended."""
    return [json.loads(path.read_text()) for path in folder.iterdir() if path.name.isdigit()]
