# SPDX-License-Identifier: Apache-2.0
"""Where ROS does not start, every program says so in one sentence, and ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mobilenet_perception.ros.start import known_cause, start_failure
from tests.support import ROOT

pytest.importorskip('rclpy', reason='needs rclpy: ROS 2 or its wheels')

CLASSIFIER, ADVISOR = 'mobilenet_perception.ros.classifier', 'mobilenet_perception.ros.advisor'
NO_LOGS = 'neither HOME nor ROS_LOG_DIR is set: set one of them'
ONE_TYPE = 'the values of a list must be of one type'


def ended(*command: str, **changes: str) -> tuple[int, str]:
    """Run a module that is to end by itself; return its exit status and all that it said.

    Args:
        command: the module and its arguments.
        changes: to the environment; empty: the variable is not set.
    """
    environment = {name: value for name, value in {**os.environ, **changes}.items() if value}
    done = subprocess.run(
        [sys.executable, '-m', *command], env=environment, capture_output=True, text=True,
        timeout=60.0, check=False, cwd=ROOT,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert 'Traceback' not in said
    return done.returncode, said


@pytest.mark.parametrize('node', [CLASSIFIER, ADVISOR])
@pytest.mark.parametrize(
    ('arguments', 'says'),
    [
        (['--log-level', 'loud'], 'loud is no log level: choose debug, info'),
        (['-p', 'camera.roi:=[1.0, 2, 3, 4]'], ONE_TYPE),
        (['-p', 'top_k'], 'the parameter top_k cannot be read: write -p <name>:=<value>'),
        (['-r', '__ns:=/9'], 'the remapping __ns:=/9 cannot be read: write -r <from>:=<to>'),
        (['--params-file', '/nowhere.yaml'], '/nowhere.yaml cannot be opened'),
        (['--nonsense'], "ROS 2 does not know the arguments ['--nonsense']"),
        (['-p', 'use_sim_time:=fish'], "'use_sim_time' to 'fish'"),
    ],
)
def test_arguments_that_ros_does_not_take(node: str, arguments: list[str], says: str) -> None:
    status, said = ended(node, '--ros-args', *arguments)
    assert status == 1 and said.count('[FATAL]') == 1
    assert says in said


@pytest.mark.parametrize(
    ('yaml', 'says'),
    [
        ('    camera:\n      roi: [1.0, 2, 3, 4]\n', f'line 4 `roi: [1.0, 2, 3, 4]`: {ONE_TYPE}'),
        ('    top_k: [1\n', 'line 3 `top_k: [1` (Error parsing'),
    ],
)
def test_a_parameter_file_that_is_wrong(tmp_path: Path, yaml: str, says: str) -> None:
    path = tmp_path / 'wrong.yaml'
    path.write_text(f'/**:\n  ros__parameters:\n{yaml}', encoding='utf-8')
    status, said = ended(CLASSIFIER, '--ros-args', '--params-file', str(path))
    assert status == 1
    assert f'the parameter file {path} cannot be read, {says}' in said


@pytest.mark.parametrize(
    ('variable', 'value', 'says'),
    [
        ('ROS_LOG_DIR', '{file}/log', 'cannot make the folder {file}/log for its logs: let'),
        ('ROS_LOG_DIR', '/proc', 'cannot write its logs into /proc ('),
        ('ROS_DOMAIN_ID', '300', 'ROS_DOMAIN_ID is 300: choose a number from 0 to 232'),
    ],
)
def test_an_environment_in_which_ros_does_not_start(
    tmp_path: Path, variable: str, value: str, says: str
) -> None:
    file = tmp_path / 'file'
    file.touch()
    status, said = ended(ADVISOR, **{variable: value.format(file=file)})
    assert status == 1
    assert says.format(file=file) in said


PROGRAMS = {
    'classifier': [CLASSIFIER],
    'advisor': [ADVISOR],
    'driver': ['mobilenet_perception.tools.simulate.ros.driver'],
    'drawn simulator': ['mobilenet_perception.tools.simulate.ros.drawn_simulator'],
    'resume': ['mobilenet_perception.tools.replay.ros.resume'],
    'player': ['mobilenet_perception.tools.replay.ros.player', 'drive'],
    'cameras': ['mobilenet_perception.tools.benchmark.ros.cameras', '8', '8', '/image'],
    'watch': ['mobilenet_perception', 'watch'],
    'replay': ['mobilenet_perception', 'replay', 'drive', '--seconds', '1', '--ros'],
    'simulate': ['mobilenet_perception', 'simulate'],
}


@pytest.mark.parametrize('name', PROGRAMS)
def test_every_program_says_that_there_is_no_folder_for_logs(name: str) -> None:
    status, said = ended(*PROGRAMS[name], HOME='', ROS_LOG_DIR='')
    assert status == 1 and NO_LOGS in said
    # rcl's own story of it is not told.
    assert 'error_handling' not in said


def test_the_doctor_advises_what_helps() -> None:
    status, said = ended('mobilenet_perception', 'doctor', '--json', HOME='', ROS_LOG_DIR='')
    assert status == 1
    assert NO_LOGS.partition(': ')[0] in said and '"set one of them' in said
    assert 'setup.bash' not in said


def test_a_middleware_that_is_not_here_is_named() -> None:
    status, said = ended(
        'mobilenet_perception', 'doctor', '--json', RMW_IMPLEMENTATION='rmw_nonsense'
    )
    assert status == 1
    assert 'unset RMW_IMPLEMENTATION, or install what it names' in said
    assert 'setup.bash' not in said


def test_what_is_not_known_is_told_as_it_is() -> None:
    assert start_failure('RCLError: odd, at /src/rcl/odd.c:7') == ('ROS 2 does not start (odd)')
    assert known_cause('broken: ModuleNotFoundError: rclpy') == ''
