# SPDX-License-Identifier: Apache-2.0
"""A fingerprint of a source: tells whether it is still the recording that it was."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.recordings.images import list_images
from mobilenet_perception.recordings.labels import FILE
from mobilenet_perception.recordings.storage import find_files, is_bag

_CHUNK = 2**20


def source_digest(source: str, labels: Path | None = None) -> str:
    """Return the SHA-256 of the files of a source, and of its labels file.

    Args:
        source: as `open_source` takes it; what is drawn has no files, and no fingerprint.
        labels: the labels file; None: the one in a bag's folder, if any.

    Raises:
        PerceptionError: the source cannot be read.
    """
    path = Path(source)
    if not path.exists():
        return ''
    if is_bag(path):
        files = list(find_files(path).files)
        beside = (path if path.is_dir() else path.parent) / FILE
        files += [beside] if labels is None and beside.is_file() else []
    else:
        files = list_images(path) if path.is_dir() else [path]
    return _digest([*files, *([labels] if labels else [])])


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        try:
            with path.open('rb') as file:
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
        except OSError as error:
            raise PerceptionError(f'{path} cannot be read: {error.strerror}') from None
    return digest.hexdigest()
