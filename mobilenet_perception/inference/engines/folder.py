# SPDX-License-Identifier: Apache-2.0
"""Where engines are kept: a folder that nobody else can write to, since engines are code."""

import os
import stat
from pathlib import Path

from mobilenet_perception.errors import EngineCacheError, UnusableEngineError

VARIABLE = 'MOBILENET_PERCEPTION_ENGINES'
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


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


def make_folder(folder: Path) -> None:
    """Make the folder, for its owner alone, where it is not there yet.

    Raises:
        EngineCacheError: other users can write to it.
        OSError: it cannot be made.
    """
    if not is_safe_folder(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_safe_folder(folder)


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


def read_own(path: Path) -> bytes:
    """Read a file that nobody else can have written, and no link.

    Raises:
        UnusableEngineError: somebody else can.
        OSError: it cannot be read.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(handle, 'rb') as file:
        status = os.fstat(handle)
        if status.st_uid != os.geteuid() or status.st_mode & _OTHERS_WRITE:
            raise UnusableEngineError(
                f'the engine may be a forgery: other users can write to {path.name}'
            )
        return file.read()
