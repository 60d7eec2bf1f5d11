# SPDX-License-Identifier: Apache-2.0
"""What a Jetson tells of itself: its release of Jetson Linux (L4T), JetPack, and power mode.

Sources: the Jetson Linux developer guide (nvpmodel, /etc/nvpmodel.conf); NVIDIA's JetPack archive
and jetson-stats' table for which release of Jetson Linux is which JetPack.
"""

import re
from pathlib import Path

from mobilenet_perception.system.machine.files import read_text

# The first line: `# R36 (release), REVISION: 4.3, GCID: ...`
_RELEASE = re.compile(r'# R(\d+) \(release\), REVISION: ([\d.]+)')
# JetPack 5 to 7, by the release of Jetson Linux.
_JETPACK = {
    '35.1.0': '5.0.2',
    '35.2.1': '5.1',
    '35.3.1': '5.1.1',
    '35.4.1': '5.1.2',
    '35.5.0': '5.1.3',
    '35.6.0': '5.1.4',
    '35.6.1': '5.1.5',
    '35.6.2': '5.1.5',
    '36.2.0': '6.0 DP',
    '36.3.0': '6.0',
    '36.4.0': '6.1',
    '36.4.3': '6.2',
    '36.4.4': '6.2.1',
    '36.4.7': '6.2.1',
    '36.5.0': '6.2.2',
    '38.2.0': '7.0',
    '38.2.1': '7.0',
    '38.2.2': '7.0',
    '38.4.0': '7.1',
    '39.2.0': '7.2',
}
# `< POWER_MODEL ID=2 NAME=MAXN_SUPER >`
_POWER_MODE = re.compile(r'<\s*POWER_MODEL\s+ID=(\d+)\s+NAME=(\S+)\s*>')
_CORE, _JETPACK_PACKAGE = 'nvidia-l4t-core', 'nvidia-jetpack'


def l4t_release(root: Path) -> str:
    """Return the release of Jetson Linux, such as 36.4.3; empty where it is none."""
    if found := _RELEASE.match(read_text(root / 'etc/nv_tegra_release')):
        return _three_parts('.'.join(found.groups()))
    return _three_parts(_package_version(root, _CORE))


def jetpack_version(root: Path, l4t: str) -> str:
    """Return the version of JetPack: of its package, or by its release of Jetson Linux.

    Args:
        root: of the file system.
        l4t: what `l4t_release` returned.
    """
    if not l4t:
        return ''
    version = _package_version(root, _JETPACK_PACKAGE) or _JETPACK.get(l4t, '')
    return version or f'unknown (Jetson Linux {l4t})'


def power_modes(root: Path) -> dict[int, str]:
    """Return the names of the power modes, by number; they differ from module to module."""
    text = read_text(root / 'etc/nvpmodel.conf')
    return {int(number): name for number, name in _POWER_MODE.findall(text)}


class PowerModeSensor:
    """Reads which power mode `nvpmodel` has set."""

    def __init__(self, root: Path) -> None:
        self._names = power_modes(root)
        # `pmode:0002`, written by nvpmodel itself; readable by all, while `nvpmodel -q` is not.
        self._status = str(root / 'var/lib/nvpmodel/status')

    def read(self) -> str:
        """Return the mode's name, or its number where no name is known; empty: there is none."""
        found = re.search(r'pmode:(\d+)', read_text(self._status))
        if not found:
            return ''
        number = int(found[1])
        return self._names.get(number, f'mode {number}')


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
