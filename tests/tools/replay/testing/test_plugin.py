# SPDX-License-Identifier: Apache-2.0
"""The pytest plugin: harmless to who does not use it, and clear to who does."""

import importlib.metadata
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.examples.conftest import PLUGIN, Pytest, run_pytest

__all__ = ['run_pytest']

INNOCENT = """
import sys


def test_of_something_else():
    assert not {'cv2', 'numpy', 'rclpy', 'rosbags', 'onnxruntime'} & set(sys.modules)
"""
FAILING = """
def test_{name}(replay):
    {body}
"""


@pytest.fixture
def suite(labelled_bag: Path, tmp_path: Path) -> Path:
    """A folder of tests, with a recording beside them."""
    shutil.copytree(labelled_bag, tmp_path / 'colours')
    return tmp_path


def test_it_imports_nothing_heavy_and_leaves_other_tests_alone(
    suite: Path, run_pytest: Pytest
) -> None:
    (suite / 'test_innocent.py').write_text(INNOCENT)
    # Plugins of third parties may import what they like.
    done = run_pytest(suite, '-p', 'no:hypothesispytest', '--strict-config', '--strict-markers')
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_imports_where_numpy_and_opencv_are_missing(root: Path) -> None:
    code = (
        'import sys\n'
        'for name in ("cv2", "numpy", "rclpy", "rosbags", "onnxruntime"):\n'
        '    sys.modules[name] = None\n'
        f'import {PLUGIN}'
    )
    subprocess.run([sys.executable, '-c', code], cwd=root, check=True)


def test_setup_names_it_as_its_module(root: Path) -> None:
    text = (root / 'setup.py').read_text(encoding='utf-8')
    name = '.'.join(PLUGIN.split('.')[1:])
    assert f"PLUGIN = '{name}'" in text
    assert "'pytest11': [f'{NAME}.{PLUGIN} = {NAME}.{PLUGIN}']" in text
    entry = importlib.metadata.EntryPoint(PLUGIN, PLUGIN, 'pytest11')
    assert entry.load().__name__.endswith(name)


def test_runs_pass_fail_and_break(suite: Path, tiny: Path, run_pytest: Pytest) -> None:
    bodies = {
        'right': "replay('colours').expect(labels=[(0.0, 0.2, 'blue')], accuracy_at_least=1.0)",
        'wrong': "replay('colours').expect(labels=[(0.0, 0.2, 'red')])",
        'absent': "replay('colors')",
        'mode': "replay('colours', mode='slow')",
        'fault': "replay('colours', faults=['skip=5']).expect(golden='golden.json')",
        'p99': "replay('colours').expect(p99_ms_at_most=50.0)",
        'report': "assert replay('colours').report['received'] == 15",
    }
    text = ''.join(FAILING.format(name=name, body=body) for name, body in bodies.items())
    (suite / 'test_colours.py').write_text(text)
    (suite / 'pytest.ini').write_text(f'[pytest]\nreplay_bundle = {tiny}\n')
    done = run_pytest(suite, '-rA')
    told = done.stdout
    assert '2 passed' in told and '5 failed' in told, told
    for said in (
        '5 of 5 frames of camera have another label',
        'cause: red has become blue: in 5 of 5 frames',
        'colors does not exist: give a folder of images',
        "there is no mode 'slow' of a replay: choose one of fast, paced, ros",
        'golden.json does not exist: `replay --expect FILE --update` or `pytest --replay-update`',
        "play with mode='paced' or mode='ros'",
    ):
        assert said in told, told
    # Nothing of our code, and no traceback.
    assert 'replayer.py' not in told and '>   ' not in told


def test_update_does_not_keep_faults(suite: Path, run_pytest: Pytest) -> None:
    done = run_pytest(suite, '--replay-update', '--replay-fault', 'skip=5')
    assert done.returncode == 4
    assert '--replay-update would keep what --replay-fault makes go wrong' in done.stderr
