# SPDX-License-Identifier: Apache-2.0
"""Fixtures that plant troubles in processes of their own, and ask the doctor."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import ROOT

PATIENCE_S = 120.0


@pytest.fixture
def begin(domain_id: int, tmp_path: Path) -> Iterator[Callable[..., 'subprocess.Popen[str]']]:
    """Start `python -m MODULE ARGUMENTS` in a ROS domain of this test; ended with it."""
    from mobilenet_perception.ros.environment import ros_environment

    environment = {**ros_environment(domain_id), 'ROS_LOG_DIR': str(tmp_path / 'log')}
    environment['MOBILENET_PERCEPTION_ENGINES'] = str(tmp_path / 'engines')
    started = []

    def start(module: str, *arguments: object, **variables: str) -> 'subprocess.Popen[str]':
        process = subprocess.Popen(
            [sys.executable, '-m', module, *map(str, arguments)],
            env={**environment, 'PYTHONPATH': str(ROOT), **variables},
            cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
    for process in started:
        try:
            process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            # What is planted may hang in the middleware: that is no matter of the doctor's.
            process.kill()
            process.communicate()
            assert 'tests.tools.doctor.planted' in str(process.args), process.args


@pytest.fixture
def ask(begin: Callable[..., 'subprocess.Popen[str]']) -> Callable[..., tuple[int, Any]]:
    """Run the doctor; return its exit status and its JSON."""

    def run(*arguments: object, **variables: str) -> tuple[int, Any]:
        doctor = begin('mobilenet_perception', 'doctor', '--json', *arguments, **variables)
        said, errors = doctor.communicate(timeout=PATIENCE_S)
        assert said, errors
        assert 'Traceback' not in errors
        return doctor.returncode, json.loads(said)

    return run


@pytest.fixture
def classifier(
    begin: Callable[..., 'subprocess.Popen[str]'],
) -> Callable[[str, dict[str, Any]], None]:
    """Start a classifier node with parameters, in a namespace; wait until it is active."""

    def start(namespace: str, parameters: dict[str, Any]) -> None:
        arguments = [f'{name}:={value}' for name, value in parameters.items()]
        node = begin(
            'mobilenet_perception.ros.classifier', '--ros-args', '-r', f'__ns:={namespace}',
            *(part for argument in arguments for part in ('-p', argument)),
            RCUTILS_LOGGING_USE_STDOUT='1',
        )  # fmt: skip
        if parameters.get('autostart', True):
            # The last that it says before it is active.
            assert node.stdout is not None
            assert any('budget' in line for line in node.stdout)

    return start


def on_path(folder: Path) -> str:
    """Return a PYTHONPATH with a folder of planted modules."""
    return f'{ROOT}{os.pathsep}{folder}'
