# SPDX-License-Identifier: Apache-2.0
"""An import that the layout forbids fails `make lint`, with the rule in its message."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT

LINTERS = Path(sys.executable).parent


def lint(folder: Path) -> tuple[int, str]:
    """Run both linters of imports in a checkout; return whether one failed, and their words."""
    commands = (['ruff', 'check', '--no-cache', '.'], ['lint-imports', '--no-cache'])
    status, said = 0, ''
    for name, *arguments in commands:
        done = subprocess.run(
            [LINTERS / name, *arguments], cwd=folder, capture_output=True, text=True, check=False
        )
        status, said = status | done.returncode, said + done.stdout + done.stderr
    return status, ' '.join(said.split())


@pytest.fixture(scope='module')
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what is linted."""
    if not (LINTERS / 'lint-imports').is_file():
        pytest.skip('needs import-linter: make setup')
    folder = tmp_path_factory.mktemp('checkout')
    shutil.copy(ROOT / 'pyproject.toml', folder)
    for package in ('mobilenet_perception', 'training'):
        shutil.copytree(ROOT / package, folder / package)
    return folder


def test_the_layout_holds(checkout: Path) -> None:
    status, said = lint(checkout)
    assert status == 0, said


@pytest.mark.parametrize(
    ('path', 'line', 'rule'),
    [
        ('pipeline/timing.py', 'import rclpy', 'only below a folder named ros'),
        ('tools/watch/camera.py', 'from rclpy.node import Node', 'only below a folder named ros'),
        (
            'frames/frame.py',
            'from mobilenet_perception.tools.cli import main',
            'imports only rooms below it',
        ),
        (
            'recordings/source.py',
            'from mobilenet_perception.pipeline.timing import Clock',
            'imports only rooms below it',
        ),
        ('inference/runtimes/base.py', 'import keras', 'the robot never needs it'),
        ('inference/classifier.py', 'import tensorflow as tf', 'The robot needs no TensorFlow'),
        ('system/files.py', 'import training.errors', 'nothing of training'),
        ('planner/advice.py', 'import cv2', 'Planners need no ROS, no OpenCV'),
        ('new_room/door.py', 'import os', 'imports only rooms below it'),
    ],
)
def test_a_planted_import_fails(checkout: Path, path: str, line: str, rule: str) -> None:
    file = checkout / 'mobilenet_perception' / path
    before = file.read_text() if file.is_file() else None
    assert (before is None) == (path == 'new_room/door.py')
    file.parent.mkdir(exist_ok=True)
    (file.parent / '__init__.py').touch()
    file.write_text(f'{before or ""}\n{line}\n')
    try:
        status, said = lint(checkout)
    finally:
        if before is None:
            shutil.rmtree(file.parent)
        else:
            file.write_text(before)
    assert status != 0
    assert rule in said
