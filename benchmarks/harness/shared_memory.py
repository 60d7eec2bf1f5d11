# SPDX-License-Identifier: Apache-2.0
"""What a killed process leaves behind in /dev/shm: Fast DDS's segments."""

import re
from contextlib import suppress
from pathlib import Path

_SEGMENT = re.compile(r'/dev/shm/\S*fast(?:dds|rtps)\S*')


class SharedMemory:
    """Segments that a process has mapped, looked at while it lives."""

    def __init__(self, process: int) -> None:
        self._segments = _mapped(process)

    def remove(self) -> None:
        """Remove those that no living process has mapped; after the process has died."""
        others = [int(path.name) for path in Path('/proc').iterdir() if path.name.isdigit()]
        used = {segment for process in others for segment in _mapped(process)}
        for segment in self._segments - used:
            Path(segment).unlink(missing_ok=True)


def _mapped(process: int) -> set[str]:
    # Processes end meanwhile, and those of other users do not show theirs.
    with suppress(OSError):
        return set(_SEGMENT.findall(Path(f'/proc/{process}/maps').read_text()))
    return set()
