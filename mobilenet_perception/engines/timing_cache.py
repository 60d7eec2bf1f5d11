# SPDX-License-Identifier: Apache-2.0
"""What a library learned when it built, for its next build: a file that begins with its checksum.

Without one a build is slower, and otherwise the same.
"""

from hashlib import sha256
from pathlib import Path

from mobilenet_perception.engines.folder import read_own
from mobilenet_perception.errors import UnusableEngineError
from mobilenet_perception.files import write_atomically

_SHA256_BYTES = 32


def write_timing_cache(path: Path, cache: bytes) -> None:
    """Write a timing cache.

    Raises:
        OSError: it cannot be written.
    """
    write_atomically(path, sha256(cache).digest() + cache, durable=True)


def read_timing_cache(path: Path) -> bytes:
    """Read a timing cache.

    Raises:
        UnusableEngineError: it is damaged.
        OSError: it cannot be read.
    """
    content = read_own(path)
    checksum, cache = content[:_SHA256_BYTES], content[_SHA256_BYTES:]
    if sha256(cache).digest() != checksum:
        raise UnusableEngineError('the timing cache does not match its checksum')
    return cache
