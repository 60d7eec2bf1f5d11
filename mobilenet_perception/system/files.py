# SPDX-License-Identifier: Apache-2.0
"""Files: written whole or not at all, with checksums, and where those of this package lie."""

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import mobilenet_perception
from mobilenet_perception.errors import PerceptionError

PACKAGE_FOLDER = Path(mobilenet_perception.__file__).resolve().parent
_DIGEST = re.compile(rb'"digest": "([0-9a-f]{64})"')
_BLANK = '0' * 64


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


class FileEntry(NamedTuple):
    """Size in bytes and SHA-256 of one file."""

    size: int
    sha256: str


def entry_of(content: bytes) -> FileEntry:
    """Return the entry of a file with this content."""
    return FileEntry(len(content), hashlib.sha256(content).hexdigest())


def sealed_json(value: dict[str, Any], indent: int | None = 1) -> bytes:
    """Return JSON text whose `digest` field is the SHA-256 of the text with that field zeroed.

    `indent` is that of `json.dumps`; None: all in one line.
    """
    text = json.dumps({**value, 'digest': _BLANK}, indent=indent, ensure_ascii=False) + '\n'
    blank = text.encode()
    return blank.replace(_BLANK.encode(), hashlib.sha256(blank).hexdigest().encode())


def is_sealed(text: bytes) -> bool:
    """Say whether JSON text carries the digest that its own bytes have."""
    found: list[bytes] = _DIGEST.findall(text)
    if len(found) != 1:
        return False
    blank = text.replace(found[0], _BLANK.encode())
    return hashlib.sha256(blank).hexdigest().encode() == found[0]


def share_folder() -> Path:
    """Return the folder that holds config/, launch/ and bundles/: a checkout, or `share`.

    Raises:
        PerceptionError: the package is neither in a checkout nor installed with its data.
    """
    package = PACKAGE_FOLDER
    # lib/python3.x/site-packages (or dist-packages, or local/lib/...) lies within the prefix.
    prefixes = [parent / 'share' / package.name for parent in package.parents]
    for folder in (package.parent, *prefixes):
        if (folder / 'config' / 'classifier.yaml').is_file():
            return folder
    raise PerceptionError(
        f'no config folder belongs to {package}: install the package with colcon or pip, '
        'or run it from its checkout'
    )


def _synchronise(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
