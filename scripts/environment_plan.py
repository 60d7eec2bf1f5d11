# SPDX-License-Identifier: Apache-2.0
"""What a virtual environment is to hold, and by which commands it is made."""

import hashlib
import platform
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

WHEELS = ('jazzy', 'kilted')
# Free space that set-up asks for, in megabytes: the environment, and pip's files meanwhile.
_DISK_MB = {'runtime': 1_900, 'training': 4_900}
_EXTRAS = {
    'runtime': ('opencv', 'onnxruntime', 'replay', 'tools', 'rtx', 'test', 'lint'),
    'training': ('opencv', 'onnxruntime', 'training', 'sweep', 'rtx', 'test'),
}
_IMPORTS = {
    'runtime': 'import cv2, numpy, onnxruntime, rosbags, rclpy, vision_msgs.msg',
    'training': 'import cv2, numpy, onnxruntime, tensorflow',
}
# Message packages that are not among the wheels: built of the definitions in interfaces/.
_INTERFACES = ('vision_msgs', 'nav2_msgs')
# What decides the content of an environment, beside Python and ROS.
_SOURCES = (
    'constraints/*.txt',
    'interfaces/**/*.msg',
    'scripts/build_interfaces.py',
    'scripts/environment_plan.py',
    'scripts/install_beside_ros.py',
    'scripts/rosidl_sources.py',
    'setup.py',
)


class SetupError(Exception):
    """Set-up cannot go on: the message says in one sentence what is missing, and the cure."""


class Plan(NamedTuple):
    """One environment.

    Attributes:
        kind: `runtime` or `training`.
        folder: where it lies.
        python: version of the Python that makes it.
        ros: where ROS 2 comes from, in words.
        distribution: of the wheels, or of the installed ROS 2; empty: no ROS 2 in it.
        installed_ros: use the ROS 2 that is installed and sourced.
        disk_mb: free space that making it asks for, in megabytes.
        stamp: a hash over all that decides its content.
    """

    kind: str
    folder: Path
    python: str
    ros: str
    distribution: str
    installed_ros: bool
    disk_mb: int
    stamp: str

    @property
    def interpreter(self) -> Path:
        """The environment's Python."""
        return self.folder / 'bin' / 'python'

    @property
    def stamp_file(self) -> Path:
        """The file that says which stamp the environment was made for."""
        return self.folder / 'setup.stamp'

    @property
    def uses_wheels(self) -> bool:
        """Whether ROS 2 comes from wheels."""
        return bool(self.distribution) and not self.installed_ros

    def venv_command(self) -> list[str]:
        """Return the arguments for Python to make the empty environment."""
        option = ['--system-site-packages'] if self.installed_ros else []
        return ['-m', 'venv', *option, str(self.folder)]

    def install_commands(self) -> list[tuple[str, list[str]]]:
        """Return title and arguments for the environment's Python, step by step."""
        if self.installed_ros:
            packages = ['scripts/install_beside_ros.py', *_EXTRAS[self.kind]]
            return [('packages', packages), ('check', ['-c', _IMPORTS[self.kind]])]
        names = ['common', self.distribution or 'training']
        pins = [word for name in names for word in ('-c', f'constraints/{name}.txt')]
        pip = ['-m', 'pip', 'install', '--disable-pip-version-check', *pins]
        extras = [*_EXTRAS[self.kind], *(['ros', 'colcon'] if self.uses_wheels else [])]
        steps = [
            ('build tools', [*pip, 'setuptools', 'wheel']),
            ('packages', [*pip, '--no-build-isolation', '-e', f'.[{",".join(extras)}]']),
        ]
        if self.uses_wheels:
            for package in _INTERFACES:
                build = ['scripts/build_interfaces.py', f'interfaces/{package}']
                steps.append((package, build))
        steps.append(('check', ['-c', _IMPORTS[self.kind]]))
        return steps


def plan_environment(kind: str, root: Path, environment: Mapping[str, str]) -> Plan:
    """Decide what the environment is to hold.

    Args:
        kind: `runtime` or `training`.
        root: the checkout.
        environment: the user's, for ROS_DISTRO and ROS_WHEELS.

    Raises:
        SetupError: ROS_WHEELS names no distribution that has wheels, or ROS 2 is installed for
            another Python.
    """
    python = platform.python_version()
    installed, distribution, ros = False, '', 'without ROS 2'
    if kind == 'runtime':
        installed = is_ros_installed(environment)
        distribution = environment['ROS_DISTRO'] if installed else wheels(environment)
        origin = 'as installed' if installed else 'from wheels'
        ros = f'ROS 2 {distribution.capitalize()} {origin}'
    folder = root / ('.venv' if kind == 'runtime' else '.venv-training')
    facts = [kind, sys.base_prefix, python, distribution, str(installed), str(root)]
    stamp = digest(root, facts)
    return Plan(kind, folder, python, ros, distribution, installed, _DISK_MB[kind], stamp)


def wheels(environment: Mapping[str, str]) -> str:
    """Return the ROS 2 distribution whose wheels to use: ROS_WHEELS, by default jazzy.

    Raises:
        SetupError: it is none that has wheels.
    """
    name = environment.get('ROS_WHEELS') or WHEELS[0]
    if name not in WHEELS:
        raise SetupError(f'ROS_WHEELS={name} has no wheels: choose one of {", ".join(WHEELS)}')
    return name


def is_ros_installed(environment: Mapping[str, str]) -> bool:
    """Say whether a ROS 2 installation is sourced.

    Raises:
        SetupError: one is sourced, but this Python cannot import it, or it lacks vision_msgs.
    """
    if not environment.get('ROS_DISTRO'):
        return False
    distribution = environment['ROS_DISTRO']
    if not _can_import('rclpy', environment):
        raise SetupError(
            f'ROS_DISTRO is {distribution}, but {sys.executable} cannot import rclpy: '
            'source setup.bash of the ROS 2 installation, name its Python in PYTHON, '
            'or unset ROS_DISTRO to use wheels'
        )
    if not _can_import('vision_msgs', environment):
        raise SetupError(
            f'ROS 2 {distribution} has no vision_msgs: apt install ros-{distribution}-vision-msgs'
        )
    return True


def _can_import(module: str, environment: Mapping[str, str]) -> bool:
    command = [sys.executable, '-c', f'import {module}']
    done = subprocess.run(command, env=dict(environment), capture_output=True, check=False)
    return done.returncode == 0


def digest(root: Path, facts: list[str]) -> str:
    """Hash some facts and the files that decide the content of an environment."""
    found = hashlib.sha256('\0'.join(facts).encode())
    for pattern in _SOURCES:
        for path in sorted(root.glob(pattern)):
            found.update(path.name.encode() + b'\0' + path.read_bytes())
    return found.hexdigest()
