# SPDX-License-Identifier: Apache-2.0
"""How busy the processor is.

Source: the Linux manual page proc(5), /proc/stat: times since the start, in ticks.
"""

from pathlib import Path
from typing import NamedTuple

from mobilenet_perception.machine.files import read_text

_IDLE = slice(3, 5)
# Time of guests is in that of users already.
_COUNTED = slice(0, 8)


class Times(NamedTuple):
    """Time of all cores since the machine's start, in ticks."""

    total: int
    idle: int


def processor_times(root: Path = Path('/')) -> Times | None:
    """Return the times up to now; None: the kernel does not tell."""
    lines = read_text(root / 'proc/stat').splitlines() or ['']
    name, *numbers = lines[0].split() or ['']
    if name != 'cpu' or not all(number.isdigit() for number in numbers):
        return None
    times = [int(number) for number in numbers]
    return Times(sum(times[_COUNTED]), sum(times[_IDLE]))


def busy_share(before: Times | None, after: Times | None) -> float | None:
    """Return the share of the time between that was in use, 0 to 1; None: not known."""
    if before is None or after is None or after.total <= before.total:
        return None
    return 1.0 - (after.idle - before.idle) / (after.total - before.total)
