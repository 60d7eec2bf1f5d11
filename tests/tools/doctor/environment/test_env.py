# SPDX-License-Identifier: Apache-2.0
"""`env` as a person runs it, with libraries that are broken in every way."""

import getpass
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mobilenet_perception import __version__
from mobilenet_perception.inference.bundle import load_bundle
from mobilenet_perception.inference.runtimes import RUNTIMES
from mobilenet_perception.tools.doctor.env_command import text
from mobilenet_perception.tools.doctor.environment.describe import without_names
from mobilenet_perception.tools.doctor.environment.probe import look
from tests.support import ROOT

SECRET = 'correct-horse-battery-staple'


def env(*arguments: object, **variables: str) -> str:
    """Run the command with further environment variables."""
    done = subprocess.run(
        [sys.executable, '-m', 'mobilenet_perception', 'env', *map(str, arguments)],
        env={**os.environ, 'PYTHONPATH': str(ROOT), **variables},
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, '')
    return done.stdout


@pytest.fixture(scope='module')
def told() -> dict[str, Any]:
    """What it says, among variables that are nobody's business."""
    said = env(
        '--json', TOKEN=SECRET, AWS_SECRET_ACCESS_KEY=SECRET, ROS_SECURITY_KEYSTORE=SECRET,
        ROS_STATIC_PEERS='192.0.2.17', CYCLONEDDS_URI=f'<Peer address="{SECRET}"/>',
        USER='trillian', LOGNAME='trillian', HOSTNAME='heart-of-gold', ROS_DOMAIN_ID='7',
    )  # fmt: skip
    found: dict[str, Any] = json.loads(said)
    return found


def test_it_says_what_is_installed(told: dict[str, Any], default_bundle: Path) -> None:
    import cv2
    import numpy as np
    import onnxruntime

    assert (told['schema'], told['schema_version']) == ('mobilenet_perception.env', 1)
    assert told['package']['version'] == __version__
    assert told['package']['bundle_digest'] == load_bundle(default_bundle).digest
    assert told['numpy']['version'] == np.__version__
    assert told['opencv']['version'] == cv2.__version__
    assert told['onnxruntime']['version'] == onnxruntime.__version__
    assert 'CPUExecutionProvider' in told['onnxruntime']['providers']
    assert told['machine']['processor'] and told['machine']['cores'] >= 1
    assert {'driver', 'runtime'} <= set(told['cuda'])


def test_it_says_which_ros(told: dict[str, Any]) -> None:
    pytest.importorskip('rclpy', reason='needs rclpy: ROS 2 or its wheels')
    assert told['ros']['rmw'].startswith('rmw_')
    assert told['ros']['executor'] in ('events', 'single_threaded')
    assert told['ros']['distribution'] not in ('', 'not installed')


def test_text_has_all_of_it(told: dict[str, Any]) -> None:
    said = text({**told, 'tensorrt': {'version': 'not installed'}})
    assert 'tensorrt: not installed' in said.splitlines()
    for section, values in told.items():
        if isinstance(values, dict):
            assert section in said
            assert all(key in said for key in values if key != 'version')


def test_broken_libraries_are_told_and_the_rest_too(tmp_path: Path) -> None:
    home = tmp_path / 'zaphod'
    modules = home / 'modules'
    modules.mkdir(parents=True)
    (modules / 'cv2.py').write_text('raise ImportError(f"libGL.so.1 is missing for {__file__}")')
    (modules / 'numpy.py').write_text('print("hello"); __version__ = "0.1"')
    (modules / 'onnxruntime.py').write_text('__version__ = "9.9"')
    (modules / 'tensorrt.py').write_text('import os; os.abort()')
    (modules / 'rclpy.py').write_text('import sys; sys.exit(7)')
    said = json.loads(
        env('--json', '--bundle', tmp_path / 'absent', HOME=str(home),
            PYTHONPATH=f'{ROOT}{os.pathsep}{modules}')
    )  # fmt: skip
    broken = {name: said[name]['version'] for name in ('opencv', 'tensorrt')}
    assert broken == {
        'opencv': 'broken: ImportError: libGL.so.1 is missing for ~/modules/cv2.py',
        'tensorrt': 'broken: the import was ended by SIGABRT',
    }
    assert said['ros']['version'] == 'broken: the import ended with status 7'
    assert (said['numpy']['version'], said['numpy']['from']) == ('0.1', '~/modules')
    assert said['onnxruntime']['version'] == '9.9'
    assert 'AttributeError' in said['onnxruntime']['trouble']
    assert 'FileNotFoundError' in said['package']['bundle']
    assert said['machine']['processor']
    assert 'zaphod' not in json.dumps(said)


def test_a_library_that_hangs_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / 'tensorrt.py').write_text('import time; time.sleep(60)')
    monkeypatch.setenv('PYTHONPATH', f'{ROOT}{os.pathsep}{tmp_path}')
    assert look('tensorrt', limit_s=1.0) == {'version': 'broken: no answer within 1 s'}


def test_the_look_runs_on_the_standard_library_alone() -> None:
    code = (
        'import sys; before = set(sys.modules)\n'
        'from mobilenet_perception.tools.doctor.environment import describe, probe\n'
        'from mobilenet_perception.tools.doctor import env_command\n'
        'new = {name.partition(".")[0] for name in set(sys.modules) - before}\n'
        'print(sorted(new - sys.stdlib_module_names))'
    )
    loaded = subprocess.check_output([sys.executable, '-c', code], text=True, cwd=ROOT)
    assert loaded == "['mobilenet_perception']\n"


def test_it_tells_of_each_library_that_a_runtime_runs_on(told: dict[str, Any]) -> None:
    libraries = {library for entry in RUNTIMES.values() for library in entry.libraries}
    assert {'onnxruntime', 'tensorrt', 'tensorrt_rtx'} <= libraries <= set(told)


def test_no_secret_no_name_no_address(told: dict[str, Any]) -> None:
    ros, said = told['ros'], json.dumps(told)
    assert (ros['ROS_STATIC_PEERS'], ros['CYCLONEDDS_URI']) == ('set', 'set')
    assert ros['ROS_DOMAIN_ID'] == '7'
    for word in (SECRET, '192.0.2.17', 'trillian', 'heart-of-gold'):
        assert word not in said
    words = re.split(r'[^\w-]+', said)
    assert socket.gethostname() not in words and getpass.getuser() not in words


def test_folders_of_users_lose_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('HOME', '/home/arthur')
    told = {'a': ['/home/arthur/ws', 'at /home/arthur: no', '/home/arthurs/x'], 'n': 1,
            'b': "File '/home/ford/x.py'", 'c': '/media/ford/disk and /opt/home'}  # fmt: skip
    assert without_names(told) == {
        'a': ['~/ws', 'at ~: no', '/home/~/x'], 'n': 1,
        'b': "File '/home/~/x.py'", 'c': '/media/~/disk and /opt/home',
    }  # fmt: skip
