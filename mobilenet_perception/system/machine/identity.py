# SPDX-License-Identifier: Apache-2.0
"""What the computer is: nothing of it changes while a program runs."""

import re
from pathlib import Path
from typing import NamedTuple

from mobilenet_perception.system.machine.files import read_text
from mobilenet_perception.system.machine.jetson import jetpack_version, l4t_release
from mobilenet_perception.system.machine.processor import memory_mb, processor_name

# On Arm the device tree, which Docker hides, and the class of systems on a chip, which it does
# not; on a PC what its firmware calls the product.
_MODEL = ('proc/device-tree/model', 'sys/devices/soc0/machine', 'sys/class/dmi/id/product_name')


class Identity(NamedTuple):
    """What the computer is; empty: it does not tell. Neither its name nor its serial number.

    Attributes:
        board: its model, such as `NVIDIA Jetson Orin Nano Developer Kit`.
        processor: the processor's model.
        memory_mb: its memory, in 10^6 bytes.
        system: its operating system.
        l4t: release of Jetson Linux.
        jetpack: version of JetPack.
    """

    board: str
    processor: str
    memory_mb: int | None
    system: str
    l4t: str
    jetpack: str


def read_identity(root: Path = Path('/')) -> Identity:
    """Read what the computer is.

    Args:
        root: of the file system to read.
    """
    l4t = l4t_release(root)
    return Identity(
        board=next(filter(None, (read_text(root / path) for path in _MODEL)), ''),
        processor=processor_name(root),
        memory_mb=memory_mb(root),
        system=_system(root),
        l4t=l4t,
        jetpack=jetpack_version(root, l4t),
    )


def _system(root: Path) -> str:
    found = re.search(r'^PRETTY_NAME="?([^"\n]*)', read_text(root / 'etc/os-release'), re.M)
    return found[1] if found else ''
