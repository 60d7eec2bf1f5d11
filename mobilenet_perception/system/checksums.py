# SPDX-License-Identifier: Apache-2.0
"""Checksums: of a file, and of JSON text that carries its own."""

import hashlib
import json
import re
from typing import Any, NamedTuple

_DIGEST = re.compile(rb'"digest": "([0-9a-f]{64})"')
_BLANK = '0' * 64


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
