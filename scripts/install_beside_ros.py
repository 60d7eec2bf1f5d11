# SPDX-License-Identifier: Apache-2.0
"""Install extras into a virtual environment that sees an installed ROS 2, and leave that whole.

What the installation brings (numpy, OpenCV, pytest with its plugins) is compiled or tested
against each other: it stays at its version, and the pins are for the rest alone.
"""

import importlib.util
import re
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

CONSTRAINTS = Path(__file__).resolve().parents[1] / 'constraints' / 'common.txt'


def yielding_pins(pins: str, installed: dict[str, str]) -> str:
    """Return the pins, with the version that is installed where there is one.

    Args:
        pins: text of a constraint file.
        installed: version by normalized name of a distribution.
    """
    lines = []
    for line in pins.splitlines():
        name = normalized(line.split('==')[0])
        lines.append(f'{name}=={installed[name]}' if name in installed else line)
    return '\n'.join(lines) + '\n'


def normalized(name: str) -> str:
    """Normalize the name of a distribution."""
    return re.sub(r'[-_.]+', '-', name).strip().lower()


def main(extras: list[str]) -> int:
    """Install the extras; returns pip's exit status."""
    installed = {normalized(found.name): found.version for found in metadata.distributions()}
    if importlib.util.find_spec('cv2'):
        extras = [extra for extra in extras if extra != 'opencv']
    pip = [sys.executable, '-m', 'pip', 'install', '--disable-pip-version-check']
    with tempfile.NamedTemporaryFile('w', suffix='.txt') as constraints:
        constraints.write(yielding_pins(CONSTRAINTS.read_text(), installed))
        constraints.flush()
        # The build tools first, as the package is built with those of this environment.
        steps = [['setuptools', 'wheel'], ['--no-build-isolation', '-e', f'.[{",".join(extras)}]']]
        for step in steps:
            status = subprocess.run([*pip, '-c', constraints.name, *step], check=False).returncode
            if status:
                return status
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
