# SPDX-License-Identifier: Apache-2.0
"""The identity of the computer: board, processor, memory, system; none of it changes.

Sources: Arm's technical reference manuals for the numbers of its cores; the Jetson Linux developer
guide for the files of a Jetson.
"""

import platform
import re
from pathlib import Path
from typing import NamedTuple

from mobilenet_perception.system.machine.sensors import read_text

# On Arm the device tree, which Docker hides, and the class of systems on a chip, which it does
# not; on a PC what its firmware calls the product.
_MODEL = ('proc/device-tree/model', 'sys/devices/soc0/machine', 'sys/class/dmi/id/product_name')
# Arm's cores say a number: implementer 0x41 and these parts.
_ARM = '0x41'
_ARM_CORES = {
    '0xd03': 'Cortex-A53',
    '0xd07': 'Cortex-A57',
    '0xd08': 'Cortex-A72',
    '0xd0b': 'Cortex-A76',
    '0xd41': 'Cortex-A78',
    '0xd42': 'Cortex-A78AE',
    '0xd83': 'Neoverse V3AE',
}
# The first line: `# R36 (release), REVISION: 4.3, GCID: ...`
_RELEASE = re.compile(r'# R(\d+) \(release\), REVISION: ([\d.]+)')
_L4T_PACKAGE, _JETPACK_PACKAGE = 'nvidia-l4t-core', 'nvidia-jetpack'


class Identity(NamedTuple):
    """What the computer is; empty: it does not tell. Neither its name nor its serial number.

    Attributes:
        board: its model, such as `NVIDIA Jetson Orin Nano Developer Kit`.
        processor: the processor's model.
        memory_mb: its memory, in 10^6 bytes.
        system: its operating system.
        l4t: release of Jetson Linux, such as 36.4.3.
        jetpack: version of JetPack; where its package is not installed, `L4T` and that release.
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
    l4t = _l4t_release(root)
    jetpack = _package_version(root, _JETPACK_PACKAGE) or f'L4T {l4t}'
    return Identity(
        board=next(filter(None, (read_text(root / path) for path in _MODEL)), ''),
        processor=processor_name(root),
        memory_mb=_memory_mb(root),
        system=_system(root),
        l4t=l4t,
        jetpack=jetpack if l4t else '',
    )


def processor_name(root: Path = Path('/')) -> str:
    """Return the processor's model, as the kernel has it."""
    said: dict[str, str] = {}
    for line in read_text(root / 'proc/cpuinfo').splitlines():
        key, _, value = line.partition(':')
        said.setdefault(key.strip(), value.strip())
    core = _ARM_CORES.get(said.get('CPU part', '')) if said.get('CPU implementer') == _ARM else ''
    return core or said.get('model name') or platform.machine()


def _memory_mb(root: Path) -> int | None:
    for line in read_text(root / 'proc/meminfo').splitlines():
        if line.startswith('MemTotal:'):
            return int(line.split()[1]) * 1024 // 1_000_000
    return None


def _system(root: Path) -> str:
    found = re.search(r'^PRETTY_NAME="?([^"\n]*)', read_text(root / 'etc/os-release'), re.M)
    return found[1] if found else ''


def _l4t_release(root: Path) -> str:
    if found := _RELEASE.match(read_text(root / 'etc/nv_tegra_release')):
        return _three_parts('.'.join(found.groups()))
    return _three_parts(_package_version(root, _L4T_PACKAGE))


def _three_parts(version: str) -> str:
    """Turn 36.3 and 36.4.3-20250107174145 into 36.3.0 and 36.4.3."""
    parts = version.partition('-')[0].split('.') if version else []
    return '.'.join([*parts, '0', '0'][:3]) if parts else ''


def _package_version(root: Path, name: str) -> str:
    """Return the version of an installed Debian package, without what follows a `+`."""
    for paragraph in read_text(root / 'var/lib/dpkg/status').split('\n\n'):
        if paragraph.startswith(f'Package: {name}\n') and 'ok installed' in paragraph:
            found = re.search(r'^Version: (\S+)', paragraph, re.M)
            return found[1].split('+')[0] if found else ''
    return ''
