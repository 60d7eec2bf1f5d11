# SPDX-License-Identifier: Apache-2.0
"""Read a file that the kernel writes, or that may not be there."""

import os
from collections.abc import Iterable
from pathlib import Path

# Longer than anything that one such file says, but for /proc/cpuinfo and the list of packages.
_CHUNK_BYTES = 65536


def read_text(path: Path | str) -> str:
    """Return a file's text, stripped; empty where it is absent or cannot be read now.

    A sensor may refuse: the temperature of a GPU without power, the clock of a processor that is
    offline.
    """
    try:
        # Several times faster than Path.read_text: these are read every second.
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ''
    parts = []
    try:
        while part := os.read(handle, _CHUNK_BYTES):
            parts.append(part)
    except OSError:
        return ''
    finally:
        os.close(handle)
    # Strings of a device tree end in a zero byte.
    return b''.join(parts).decode('utf-8', 'replace').strip('\0 \t\r\n')


def read_number(path: Path | str) -> int | None:
    """Return the whole number that a file says; None where it says none."""
    try:
        return int(read_text(path))
    except ValueError:
        return None


def numbered(paths: Iterable[Path]) -> list[Path]:
    """Sort `thermal_zone2` before `thermal_zone10`."""
    return sorted(paths, key=lambda path: (len(path.name), path.name))
