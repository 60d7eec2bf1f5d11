# SPDX-License-Identifier: Apache-2.0
"""Set-up looks before it loads, says what is missing in one sentence, and is done once."""

import io
import os
import subprocess
import sys
from pathlib import Path

import environment_plan
import install_beside_ros
import prerequisites
import progress
import pytest
import set_up
from environment_plan import SetupError, plan_environment

NO_ROS = {'PATH': os.environ['PATH']}


def one_sentence(raised: pytest.ExceptionInfo[SetupError], *words: str) -> bool:
    text = str(raised.value)
    return '\n' not in text and all(word in text for word in words)


def test_a_missing_compiler_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv('PATH', str(tmp_path))
    with pytest.raises(SetupError) as raised:
        prerequisites.check_compiler()
    assert one_sentence(raised, 'gcc', 'apt install g++')


def test_a_missing_header_is_said(tmp_path: Path) -> None:
    with pytest.raises(SetupError) as raised:
        prerequisites.check_header(tmp_path)
    assert one_sentence(raised, 'Python.h', 'python3-dev')
    (tmp_path / 'Python.h').touch()
    prerequisites.check_header(tmp_path)


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    with pytest.raises(SetupError) as raised:
        prerequisites.check_disk(tmp_path, 10**12)
    assert one_sentence(raised, 'MB', str(tmp_path))
    prerequisites.check_disk(tmp_path, 1)


@pytest.mark.parametrize(('system', 'machine'), [('Linux', 'aarch64'), ('Darwin', 'x86_64')])
def test_a_machine_without_wheels_is_said(system: str, machine: str) -> None:
    with pytest.raises(SetupError) as raised:
        prerequisites.check_platform(system, machine)
    assert one_sentence(raised, machine, 'install ROS 2')


def test_an_unknown_distribution_is_said(root: Path) -> None:
    with pytest.raises(SetupError) as raised:
        plan_environment('runtime', root, {**NO_ROS, 'ROS_WHEELS': 'foxy'})
    assert one_sentence(raised, 'foxy', 'jazzy, kilted')


def test_an_installation_that_cannot_be_imported_is_said(root: Path, tmp_path: Path) -> None:
    (tmp_path / 'rclpy.py').write_text('raise ImportError("built for another Python")\n')
    sourced = {**NO_ROS, 'ROS_DISTRO': 'jazzy', 'PYTHONPATH': str(tmp_path)}
    with pytest.raises(SetupError) as raised:
        plan_environment('runtime', root, sourced)
    assert one_sentence(raised, 'ROS_DISTRO is jazzy', 'setup.bash', 'unset ROS_DISTRO')


def test_an_installation_without_vision_msgs_is_said(root: Path, tmp_path: Path) -> None:
    (tmp_path / 'rclpy.py').touch()
    (tmp_path / 'vision_msgs.py').write_text('raise ImportError("not installed")\n')
    sourced = {**NO_ROS, 'ROS_DISTRO': 'jazzy', 'PYTHONPATH': str(tmp_path)}
    with pytest.raises(SetupError) as raised:
        plan_environment('runtime', root, sourced)
    assert one_sentence(raised, 'apt install ros-jazzy-vision-msgs')


def test_an_installation_is_used_instead_of_wheels(root: Path, tmp_path: Path) -> None:
    (tmp_path / 'rclpy.py').touch()
    (tmp_path / 'vision_msgs.py').touch()
    sourced = {**NO_ROS, 'ROS_DISTRO': 'jazzy', 'PYTHONPATH': str(tmp_path)}
    plan = plan_environment('runtime', root, sourced)
    assert not plan.uses_wheels
    assert '--system-site-packages' in plan.venv_command()
    words = [word for _, command in plan.install_commands() for word in command]
    assert not [word for word in words if word.startswith('constraints/')]
    assert 'ros' not in words


def test_wheels_are_pinned_by_distribution(root: Path) -> None:
    plan = plan_environment('runtime', root, {**NO_ROS, 'ROS_WHEELS': 'kilted'})
    assert plan.uses_wheels
    for title, command in plan.install_commands():
        if title == 'packages':
            assert 'constraints/kilted.txt' in command
            assert 'constraints/common.txt' in command
            assert 'constraints/jazzy.txt' not in command


def test_the_stamp_changes_with_pins_and_distribution(tmp_path: Path) -> None:
    constraints = tmp_path / 'constraints'
    constraints.mkdir()
    (constraints / 'common.txt').write_text('numpy==2.2.6\n')
    stamps = {plan_environment('runtime', tmp_path, {**NO_ROS, 'ROS_WHEELS': name}).stamp
              for name in ('jazzy', 'kilted', 'jazzy')}  # fmt: skip
    assert len(stamps) == 2
    (constraints / 'common.txt').write_text('numpy==2.3.0\n')
    assert plan_environment('runtime', tmp_path, NO_ROS).stamp not in stamps


def test_pins_yield_to_what_ros_brings() -> None:
    pins = "# why\nnumpy==2.2.6\nrosbags==0.11.9\nPyYAML==6.0.3; python_version < '3.11'\n"
    yielded = install_beside_ros.yielding_pins(pins, {'numpy': '1.26.4', 'pyyaml': '6.0.1'})
    assert yielded.splitlines() == ['# why', 'numpy==1.26.4', 'rosbags==0.11.9', 'pyyaml==6.0.1']


def test_another_environment_leaves_no_trace() -> None:
    base = {
        'HOME': '/home', 'PYTHONPATH': '/a', 'LD_LIBRARY_PATH': '/b', 'VIRTUAL_ENV': '/c',
        '_ROS_WHEELS_BOOTSTRAP_COMPLETE': '1',
    }  # fmt: skip
    assert set_up.clean_environment(base, keep_path=False) == {'HOME': '/home'}
    kept = set_up.clean_environment(base, keep_path=True)
    assert kept == {'HOME': '/home', 'PYTHONPATH': '/a', 'LD_LIBRARY_PATH': '/b'}


def test_progress_is_shown_and_words_go_to_the_log(tmp_path: Path) -> None:
    shown = io.StringIO()
    log = tmp_path / 'log'
    status = progress.run_with_progress(
        [sys.executable, '-c', 'print("Collecting a\\nCollecting b"); raise SystemExit(3)'],
        '[1/1] packages', log, environment=dict(os.environ), folder=tmp_path,
        progress=progress.Progress(shown),
    )  # fmt: skip
    assert status == 3
    assert shown.getvalue().splitlines()[-1].startswith('[1/1] packages: ')
    assert shown.getvalue().rstrip().endswith('2 packages to install')
    assert log.read_text().splitlines() == ['Collecting a', 'Collecting b']


def test_a_failed_step_names_its_last_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = plan_environment('training', tmp_path, NO_ROS)
    fails = ['-c', 'print("ERROR: No matching distribution\\nbye"); raise SystemExit(1)']
    monkeypatch.setattr(environment_plan.Plan, 'venv_command', lambda self: fails)
    with pytest.raises(SetupError) as raised:
        set_up.make_environment(plan)
    assert one_sentence(raised, 'virtual environment', 'No matching distribution', '.log')
    assert not plan.stamp_file.exists()


def test_a_made_environment_is_not_made_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plan = plan_environment('training', tmp_path, NO_ROS)
    quick = ['-m', 'venv', '--without-pip', str(plan.folder)]
    monkeypatch.setattr(environment_plan.Plan, 'venv_command', lambda self: quick)
    monkeypatch.setattr(environment_plan.Plan, 'install_commands', lambda self: [])
    set_up.make_environment(plan)
    assert set_up.is_ready(plan)
    assert not set_up.is_ready(plan._replace(stamp='another'))
    plan.interpreter.unlink()
    assert not set_up.is_ready(plan)


def run_setup(root: Path, folder: Path, **variables: str) -> 'subprocess.CompletedProcess[str]':
    """Run scripts/setup with nothing but `folder` and the basic commands on PATH."""
    for command in ('bash', 'env', 'dirname'):
        for place in ('/bin', '/usr/bin'):
            if (Path(place) / command).exists() and not (folder / command).exists():
                (folder / command).symlink_to(Path(place) / command)
    return subprocess.run(
        [root / 'scripts' / 'setup'], env={'PATH': str(folder), **variables},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def write_python(folder: Path, body: str) -> None:
    path = folder / 'python3'
    path.write_text(f'#!/usr/bin/env bash\n{body}\n')
    path.chmod(0o755)


@pytest.mark.parametrize(
    ('body', 'said'),
    [
        ('exit 127', 'no Python 3.10, 3.11 or 3.12 was found'),
        ('[[ $2 != *ensurepip* ]]', 'python3 lacks the venv module'),
    ],
    ids=['a shim that runs nothing', 'no ensurepip'],
)
def test_an_unfit_python_is_said(root: Path, tmp_path: Path, body: str, said: str) -> None:
    write_python(tmp_path, body)
    done = run_setup(root, tmp_path)
    assert done.returncode == 1
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_named_python_that_is_unfit_is_said(root: Path, tmp_path: Path) -> None:
    done = run_setup(root, tmp_path, PYTHON='/no/such/python')
    assert done.returncode == 1
    assert done.stderr.startswith('setup: PYTHON=/no/such/python is not a Python of 3.10 to 3.12')
    assert len(done.stderr.splitlines()) == 1
