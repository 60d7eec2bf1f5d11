# SPDX-License-Identifier: Apache-2.0
"""Install extras into a virtual environment that sees an installed ROS 2, and leave that whole.

What the installation brings (numpy, OpenCV, pytest with its plugins) is compiled or tested
against each other: it stays at its version, and the pins are for the rest alone. Where they do
not go together, what fits is taken, within the major versions of what is installed.
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


def compatible_ranges(installed: dict[str, str]) -> str:
    """Return what may replace each installed distribution: its own major version, not older.

    Args:
        installed: version by normalized name of a distribution.
    """
    lines = []
    for name, version in sorted(installed.items()):
        found = re.match(r'(\d+)(\.\d+)*', version)
        if found:
            lines.append(f'{name}>={found[0]},<{int(found[1]) + 1}')
    return '\n'.join(lines) + '\n'


def normalized(name: str) -> str:
    """Normalize the name of a distribution."""
    return re.sub(r'[-_.]+', '-', name).strip().lower()


def main(extras: list[str]) -> int:
    """Install the extras; returns pip's exit status."""
    installed = {normalized(found.name): found.version for found in metadata.distributions()}
    if importlib.util.find_spec('cv2'):
        extras = [extra for extra in extras if extra != 'opencv']
    done = _install(extras, yielding_pins(CONSTRAINTS.read_text(), installed))
    if done.returncode:
        print('The pins do not go with what is installed: taking what does', flush=True)
        done = _install(extras, compatible_ranges(installed))
    if done.returncode:
        sys.stderr.write(done.stderr)
    return done.returncode


def _install(extras: list[str], constraints: str) -> 'subprocess.CompletedProcess[str]':
    pip = [sys.executable, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check']
    # The build tools first, as the package is built with those of this environment.
    tools = ['setuptools', 'wheel']
    package = ['--no-build-isolation', '-e', f'.[{",".join(extras)}]']
    with tempfile.NamedTemporaryFile('w', suffix='.txt') as file:
        file.write(constraints)
        file.flush()
        for step in (tools, package):
            command = [*pip, '--constraint', file.name, *step]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                break
    return done


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
