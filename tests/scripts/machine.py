# SPDX-License-Identifier: Apache-2.0
"""A machine on which set-up runs for real, but with a Python, a uv and compilers that pretend."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

# Before any environment is made: seconds.
LONG_AGO = (0, 0)
# What the scripts and the Makefile run beside those.
COMMANDS = (
    'awk', 'bash', 'cat', 'chmod', 'cut', 'df', 'dirname', 'env', 'flock', 'ln', 'make', 'mkdir',
    'mv', 'rm', 'sed', 'sleep', 'sort', 'uname',
)  # fmt: skip
# A Python of 3.10 to 3.13 says what it was made of; another one says nothing.
PYTHON = """
case "$*" in
    *_base_executable*) {answer} ;;
    *Python.h*) echo "{header}" ;;
    '-c import rclpy') {rclpy} ;;
    '-c import vision_msgs') {vision_msgs} ;;
    '-c import cv2'*) {imports} ;;
    '-c import ensurepip, venv') {has_venv} ;;
    '-m pip --version') {has_pip} ;;
    '-m pip install'*) [ "$6" != --target ] || cp_uv "$7" ;;
    '-m pytest'*) {tests} ;;
    '-m venv'*) cp_uv "$3"; ln -s "$0" "$3/bin/python" ;;
    'scripts/'*) echo "$*" >>"{log}" ;;
esac
"""
UV = """
echo "$*" >>"{log}"
case "$*" in
    --version) echo 'uv {version} (x86_64-unknown-linux-gnu)' ;;
    venv*) mkdir -p "${{@: -1}}/bin" && ln -s "{python}" "${{@: -1}}/bin/python" ;;
    'pip install'*) {install} ;;
    'python install'*) {bring} ;;
    'python find'*) echo "{python}" ;;
esac
"""


class Machine(NamedTuple):
    """A checkout, the only commands that there are, and what they were asked to do.

    Attributes:
        checkout: with the real scripts and the real Makefile.
        commands: the folder on PATH.
        log: what uv, and the Python of an environment, were asked to do.
    """

    checkout: Path
    commands: Path
    log: Path

    @staticmethod
    def make(root: Path, folder: Path) -> 'Machine':
        """Make one on which all is well; its checkout has a blank in its path."""
        machine = Machine(folder / 'a checkout', folder / 'commands', folder / 'log')
        machine.commands.mkdir()
        for command in COMMANDS:
            machine.link(command)
        for name in ('constraints', 'interfaces'):
            shutil.copytree(root / name, machine.checkout / name)
        (machine.checkout / 'scripts').mkdir()
        for path in (root / 'Makefile', root / 'setup.py', *(root / 'scripts').iterdir()):
            if path.is_file():
                shutil.copy(path, machine.checkout / path.relative_to(root))
        for path in machine.checkout.rglob('*'):
            os.utime(path, LONG_AGO)
        for compiler in ('gcc', 'g++'):
            machine.write(compiler, 'exit 1')
        machine.write_python()
        machine.write_uv()
        return machine

    def link(self, command: str) -> None:
        """Let a command be there."""
        found = shutil.which(command)
        assert found, command
        (self.commands / command).symlink_to(found)

    def write(self, name: str, body: str) -> Path:
        """Put a command on PATH, in place of the one of that name."""
        path = self.commands / name
        path.unlink(missing_ok=True)
        path.write_text(f'#!/usr/bin/env bash\n{body}\n')
        path.chmod(0o755)
        os.utime(path, LONG_AGO)
        return path

    def write_python(self, name: str = 'python3', **said: str) -> Path:
        """Put a Python on PATH; `said`: what it does when asked, where that is not all well."""
        well = {
            'answer': 'echo "$0"', 'header': '$0', 'rclpy': 'true', 'vision_msgs': 'true',
            'imports': 'true', 'tests': 'true', 'has_pip': 'exit 1', 'has_venv': 'exit 1',
        }  # fmt: skip
        return self.write(name, PYTHON.format(log=self.log, **{**well, **said}))

    def write_uv(
        self, version: str = '99.1.0', install: str = 'true', bring: str = 'true',
        python: Path | None = None,
    ) -> Path:  # fmt: skip
        """Put a uv on PATH.

        Args:
            version: its own.
            install: what it does when it is to install packages.
            bring: what it does when it is to bring a Python.
            python: what it makes environments of; None: a Python on which all is well.
        """
        python = python or self.write_python('well')
        return self.write(
            'uv',
            UV.format(log=self.log, version=version, python=python, install=install, bring=bring),
        )

    def environment(self, **variables: str) -> dict[str, str]:
        """Return the variables of a shell on it."""
        return {'PATH': str(self.commands), 'HOME': str(self.checkout), **variables}

    def run(self, *command: str, **variables: str) -> 'subprocess.CompletedProcess[str]':
        """Run a command in the checkout."""
        return subprocess.run(
            command, cwd=self.checkout, env=self.environment(**variables),
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    def start(self, *command: str) -> 'subprocess.Popen[str]':
        """Start a command in the checkout, in a session of its own."""
        return subprocess.Popen(
            command, cwd=self.checkout, env=self.environment(), start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def asked(self) -> list[str]:
        """Return what was asked since the last time."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return lines

    def made(self) -> int:
        """Return how many environments were made since the last time."""
        return sum(line.startswith('venv ') for line in self.asked())
