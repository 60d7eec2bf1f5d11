# SPDX-License-Identifier: Apache-2.0
"""Set-up looks before it loads, says what is missing in one sentence, and is done once."""

import os
import signal
import subprocess
import time
from pathlib import Path

import install_beside_ros
import pytest

from tests.scripts.machine import Machine

Done = subprocess.CompletedProcess[str]


@pytest.fixture
def machine(root: Path, tmp_path: Path) -> Machine:
    return Machine.make(root, tmp_path)


def assert_said(done: Done, *words: str) -> None:
    """It failed with one sentence, before it began anything."""
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout == ''
    (line,) = done.stderr.splitlines()
    assert line.startswith('setup: ')
    assert [word for word in words if word not in line] == []


def assert_ready(done: Done, folder: str = '.venv') -> None:
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].startswith(f'{folder}: ready after ')
    assert done.stderr == ''


def test_a_missing_compiler_is_said(machine: Machine) -> None:
    (machine.commands / 'g++').unlink()
    assert_said(machine.run('scripts/setup', '.venv'), 'g++', 'apt install g++')
    assert machine.asked() == []


def test_a_missing_header_is_said(machine: Machine) -> None:
    machine.write_python(header='/no/such/Python.h')
    done = machine.run('scripts/setup', '.venv')
    assert_said(done, '/no/such/Python.h', 'apt install python3-dev')


def test_a_full_disk_is_said(machine: Machine) -> None:
    machine.write('df', 'echo Filesystem 1024-blocks; echo /dev/a 9000000 8000000 1000000 90% /')
    done = machine.run('scripts/setup', '.venv')
    assert_said(done, '1024 MB', str(machine.checkout), 'make room')
    machine.write('df', 'echo Filesystem 1024-blocks; echo /dev/a 9000000 5500000 3500000 60% /')
    assert_ready(machine.run('scripts/setup', '.venv'))
    assert_said(machine.run('scripts/setup', '.venv-training'), '3584 MB')


@pytest.mark.parametrize('kind', ['Linux aarch64', 'Darwin x86_64'])
def test_a_machine_without_wheels_is_said(machine: Machine, kind: str) -> None:
    machine.write('uname', f'echo {kind}')
    assert_said(machine.run('scripts/setup', '.venv'), kind, 'install ROS 2')
    assert_ready(machine.run('scripts/setup', '.venv-training'), '.venv-training')


def test_an_unknown_distribution_is_said(machine: Machine) -> None:
    done = machine.run('scripts/setup', '.venv', ROS_WHEELS='foxy')
    assert_said(done, 'foxy', 'jazzy, kilted')


def test_an_installation_that_cannot_be_imported_is_said(machine: Machine) -> None:
    machine.write_python(rclpy='exit 1')
    done = machine.run('scripts/setup', '.venv', ROS_DISTRO='jazzy')
    assert_said(done, 'ROS_DISTRO is jazzy', 'setup.bash', 'unset ROS_DISTRO')


def test_an_installation_without_vision_msgs_is_said(machine: Machine) -> None:
    machine.write_python(vision_msgs='exit 1')
    done = machine.run('scripts/setup', '.venv', ROS_DISTRO='jazzy')
    assert_said(done, 'apt install ros-jazzy-vision-msgs')


def test_an_installation_is_used_instead_of_wheels(machine: Machine) -> None:
    python = machine.write_python()
    assert_ready(machine.run('scripts/setup', '.venv', ROS_DISTRO='jazzy'))
    asked = machine.asked()
    assert f'venv --quiet --python {python} --system-site-packages .venv' in asked
    assert not [line for line in asked if '--editable' in line or 'build_interfaces' in line]
    (packages,) = (line.split() for line in asked if 'install_beside_ros.py' in line)
    assert {'tools', 'test', 'lint'} <= set(packages)
    assert not {'ros', 'colcon'} & set(packages)


def test_wheels_are_pinned_by_distribution(machine: Machine) -> None:
    assert_ready(machine.run('scripts/setup', '.venv', ROS_WHEELS='kilted'))
    asked = machine.asked()
    (install,) = (line for line in asked if '--editable' in line)
    assert ',ros,colcon]' in install
    assert '--constraints constraints/common.txt' in install
    assert '--constraints constraints/kilted.txt' in install
    assert 'jazzy' not in install
    assert 'scripts/build_interfaces.py interfaces/vision_msgs' in asked


def test_pins_yield_to_what_ros_brings() -> None:
    pins = "# why\nnumpy==2.2.6\nrosbags==0.11.9\nPyYAML==6.0.3; python_version < '3.11'\n"
    yielded = install_beside_ros.yielding_pins(pins, {'numpy': '1.26.4', 'pyyaml': '6.0.1'})
    assert yielded.splitlines() == ['# why', 'numpy==1.26.4', 'rosbags==0.11.9', 'pyyaml==6.0.1']


def test_ranges_keep_the_major_version_that_ros_brings() -> None:
    installed = {'numpy': '1.26.4', 'lxml': '4.9.3.post1', 'odd': 'unknown'}
    ranges = install_beside_ros.compatible_ranges(installed)
    assert ranges.splitlines() == ['lxml>=4.9.3,<5', 'numpy>=1.26.4,<2']


@pytest.mark.parametrize('ros', ['', 'jazzy'], ids=['wheels', 'installed'])
def test_another_environment_leaves_no_trace(machine: Machine, ros: str) -> None:
    machine.write_uv(install=f'env >>"{machine.log}"')
    done = machine.run(
        'scripts/setup', '.venv', ROS_DISTRO=ros, PYTHONPATH='/a', LD_LIBRARY_PATH='/b',
        VIRTUAL_ENV='/c', PYTHONHOME='/d', _ROS_WHEELS_BOOTSTRAP_COMPLETE='1',
    )  # fmt: skip
    assert_ready(done)
    kept = {'PYTHONPATH=/a', 'LD_LIBRARY_PATH=/b'} if ros else set()
    assert {
        line for line in machine.asked() if line.endswith(('=/a', '=/b', '=/c', '=/d'))
    } == kept


def test_a_mirror_that_pip_knows_is_used(machine: Machine) -> None:
    machine.write_uv(install=f'env >>"{machine.log}"')
    assert_ready(machine.run('scripts/setup', '.venv', PIP_INDEX_URL='file:///mirror'))
    assert 'UV_DEFAULT_INDEX=file:///mirror' in machine.asked()


def test_progress_is_shown(machine: Machine) -> None:
    lines = (
        r'Using Python 3.13 environment at: .venv\nResolved 9 packages in 1ms\n'
        r'Downloading big (20.1MiB)\nDownloading small (2.1MiB)\n Downloaded big\n + big==1.0\n'
    )
    machine.write_uv(install=f"printf '{lines}' >&2")
    done = machine.run('scripts/setup', '.venv')
    assert_ready(done)
    begun, *shown, _ = done.stdout.splitlines()
    assert begun.startswith('.venv: ') and begun.endswith('ROS 2 jazzy, from wheels')
    assert shown == ['.venv: Resolved 9 packages in 1ms', '.venv: Downloading big (20.1MiB)']


def test_a_failed_step_names_its_last_error(machine: Machine) -> None:
    machine.write_uv(install='printf "error: No such\\n  cause: network\\n" >&2; exit 2')
    done = machine.run('scripts/setup', '.venv')
    assert done.returncode == 1
    assert done.stdout.splitlines()[1:] == ['.venv: error: No such', '.venv:   cause: network']
    assert done.stderr == 'setup: packages failed, as said above; run it again to go on\n'
    assert not (machine.checkout / '.venv' / 'ready').exists()


def test_an_environment_that_does_not_work_is_said(machine: Machine) -> None:
    broken = machine.write_python('broken', imports='printf "Traceback:\\nNo cv2\\n"; exit 1')
    machine.write_uv(python=broken)
    done = machine.run('scripts/setup', '.venv')
    assert done.returncode == 1
    assert done.stderr == 'setup: .venv is made, but does not work: No cv2\n'
    assert not (machine.checkout / '.venv' / 'ready').exists()


def test_a_made_environment_is_not_made_again(machine: Machine) -> None:
    done = machine.run('make', '--jobs=2', 'setup', 'setup-training')
    assert done.returncode == 0, done.stderr
    installs = [line for line in machine.asked() if '--editable' in line]
    assert sorted('constraints/training.txt' in line for line in installs) == [False, True]
    done = machine.run('make', 'setup', 'setup-training')
    assert (done.returncode, done.stdout, done.stderr) == (0, '', '')
    assert machine.asked() == []


@pytest.mark.parametrize(
    'variables', [{'PYTHON': 'well'}, {'ROS_WHEELS': 'kilted'}, {'ROS_DISTRO': 'jazzy'}], ids=str
)
def test_an_environment_is_for_one_python_and_one_ros(
    machine: Machine, variables: dict[str, str]
) -> None:
    for chosen in ({}, variables, {}):
        assert_ready(machine.run('make', 'setup', **chosen))
        assert machine.run('make', 'setup', **chosen).returncode == 0
        assert machine.made() == 1


@pytest.mark.parametrize('name', [
    'setup.py', 'constraints/common.txt', 'interfaces/vision_msgs/msg/Classification.msg',
    'scripts/setup', 'scripts/uv', 'scripts/build_interfaces.py',
])  # fmt: skip
def test_an_environment_is_made_anew_after_a_change(machine: Machine, name: str) -> None:
    assert_ready(machine.run('make', 'setup'))
    os.utime(machine.checkout / '.venv' / 'ready', (1, 1))  # clocks are coarse
    assert machine.run('make', 'setup').stdout == ''
    (machine.checkout / name).touch()
    assert_ready(machine.run('make', 'setup'))
    assert machine.made() == 2


def test_an_environment_is_made_anew_when_its_python_is_gone(machine: Machine) -> None:
    assert_ready(machine.run('make', 'setup'))
    python = machine.checkout / '.venv' / 'bin' / 'python'
    python.unlink()
    python.symlink_to('/no/such/python')
    assert_ready(machine.run('make', 'setup'))
    assert machine.made() == 2


def test_an_environment_is_made_anew_in_another_place(machine: Machine) -> None:
    assert_ready(machine.run('make', 'setup'))
    moved = machine._replace(checkout=machine.checkout.rename(machine.commands / 'moved'))
    assert_ready(moved.run('make', 'setup'))
    assert machine.made() == 2


def wait_until_installing(machine: Machine) -> None:
    deadline = time.monotonic() + 60
    while not (machine.log.exists() and 'begun' in machine.log.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_an_interrupted_set_up_goes_on(machine: Machine) -> None:
    machine.write_uv(install=f'echo begun >>"{machine.log}"; sleep 60')
    process = machine.start('make', 'setup')
    wait_until_installing(machine)
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode != 0
    assert 'setup: interrupted; run it again to go on' in said
    machine.write_uv()
    assert_ready(machine.run('make', 'setup'))


def test_a_second_set_up_waits_for_the_first(machine: Machine) -> None:
    wait = 'while [ ! -e go ]; do sleep 0.05; done'
    machine.write_uv(install=f'echo begun >>"{machine.log}"; {wait}')
    first = machine.start('make', 'setup')
    wait_until_installing(machine)
    second = machine.start('make', 'setup')
    assert second.stdout is not None
    assert second.stdout.readline() == '.venv: waiting for another set-up to end\n'
    (machine.checkout / 'go').touch()
    said = [process.communicate(timeout=60)[0] for process in (first, second)]
    assert [first.returncode, second.returncode] == [0, 0], said
    assert machine.made() == 1


def test_the_first_python_that_fits_and_runs_is_taken(machine: Machine) -> None:
    machine.write_python('python3', answer='exit 127')  # a shim that runs nothing
    machine.write_python('python3.13', answer='true')  # of another version, whatever its name
    taken = machine.write_python('python3.12')
    machine.write_python('python3.11')
    assert_ready(machine.run('scripts/setup', '.venv'))
    assert f'venv --quiet --python {taken} .venv' in machine.asked()


def test_uv_brings_a_python_where_none_fits(machine: Machine) -> None:
    machine.write_python(answer='true')
    done = machine.run('scripts/setup', '.venv')
    assert_ready(done)
    assert 'uv brings one' in done.stdout
    assert f'venv --quiet --python {machine.commands / "well"} .venv' in machine.asked()


@pytest.mark.parametrize('answer', ['exit 127', 'true'], ids=['a shim', 'another version'])
def test_an_unfit_python_is_said(machine: Machine, answer: str) -> None:
    machine.write_python(answer=answer)
    machine.write_uv(bring='echo "error: dns" >&2; exit 1')
    done = machine.run('scripts/setup', '.venv')
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith('setup: no Python 3.10 to 3.13 was found, and uv could not bring one')
    assert 'PYTHON=/path/to/python3' in line


def test_a_named_python_that_is_unfit_is_said(machine: Machine) -> None:
    done = machine.run('scripts/setup', '.venv', PYTHON='/no/such/python')
    assert_said(done, 'PYTHON=/no/such/python is not a Python of 3.10 to 3.13')


def hide_uv(machine: Machine) -> str:
    """Take uv from PATH: only by pip or venv it comes. Returns the version that is pinned."""
    pins = (machine.checkout / 'constraints' / 'common.txt').read_text().splitlines()
    (pin,) = (line.removeprefix('uv==') for line in pins if line.startswith('uv=='))
    hidden = machine.write_uv(version=pin).rename(machine.commands.parent / 'uv')
    loaded = f'echo load >>"{machine.log}"; mkdir -p "$1/bin"; ln -s "{hidden}" "$1/bin/uv"'
    machine.write('cp_uv', loaded)
    return pin


@pytest.mark.parametrize('by', ['has_pip', 'has_venv'])
def test_uv_is_loaded_once_by_pip_or_venv(machine: Machine, by: str) -> None:
    hide_uv(machine)
    machine.write_python(**{by: 'true'})
    done = machine.run('make', '--jobs=2', 'setup', 'setup-training')
    assert done.returncode == 0, done.stdout + done.stderr
    asked = machine.asked()
    assert asked.count('load') == 1
    assert sum(line.startswith('venv ') for line in asked) == 2


def test_a_uv_that_is_too_old_is_passed_over(machine: Machine) -> None:
    hide_uv(machine)
    machine.write('uv', 'echo uv 0.4.30')
    machine.write_python(has_pip='true')
    assert_ready(machine.run('scripts/setup', '.venv'))
    assert 'load' in machine.asked()


def test_a_python_without_pip_and_venv_is_said(machine: Machine) -> None:
    hide_uv(machine)
    done = machine.run('scripts/setup', '.venv')
    assert_said(done, 'pip or venv', 'apt install python3-venv', 'install uv')
