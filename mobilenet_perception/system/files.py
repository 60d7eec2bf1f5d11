# SPDX-License-Identifier: Apache-2.0
"""Write files and folders whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write_atomically(path: Path, content: bytes | str, durable: bool = False) -> None:
    """Write a file under a temporary name in its folder, then rename it; text as UTF-8.

    Args:
        path: where to.
        content: the whole of it.
        durable: return when it is on the disk, so that a loss of power does not undo it.

    Raises:
        OSError: it cannot be written: what was there before is untouched.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode() if isinstance(content, str) else content
    handle, scratch = tempfile.mkstemp(prefix=f'.{path.name}.', dir=path.parent)
    try:
        with os.fdopen(handle, 'wb') as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        # mkstemp makes files that only their owner can read.
        Path(scratch).chmod(0o644)
        Path(scratch).replace(path)
        if durable:
            _synchronise(path.parent)
    except OSError as error:
        Path(scratch).unlink(missing_ok=True)
        # A write to a full disk fails without saying which file.
        raise OSError(error.errno, error.strerror, str(path)) from error
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give a path beside `path` and of the same name: what is made there takes its place.

    It does when the block ends; if the block raises, nothing is left of it, and what was at
    `path` before is untouched. The block makes the folder itself.

    Raises:
        OSError: it cannot be written there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f'.{path.name}.', dir=path.parent) as scratch:
        new = Path(scratch, path.name)
        yield new
        if path.exists():
            path.rename(Path(scratch, 'old'))
        new.rename(path)


def _synchronise(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
