# SPDX-License-Identifier: Apache-2.0
"""colcon builds the package, and the installed node starts from the install space."""

import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mobilenet_perception.ros.environment import ros_environment
from mobilenet_perception.street import TIMES_OF_DAY
from mobilenet_perception.street.gazebo import BRIDGE, world_path
from mobilenet_perception.tools.cli import PROGRAM

rclpy = pytest.importorskip('rclpy', reason='needs rclpy: ROS 2 or its wheels')

PACKAGE = 'mobilenet_perception'
COPIED = ('mobilenet_perception', 'launch', 'config', 'bundles', 'worlds', 'models', 'resource')
BUILT_OF = ('package.xml', 'setup.py', 'setup.cfg', 'pyproject.toml', 'README.md', 'LICENSE')
# SHARE / 'folder' / 'file' in a launch file.
SHARED = re.compile(r"\bSHARE((?: / '[^']+')+)")
# Discovery and imports; a machine under load takes a while.
LIMIT_S = 90.0


@pytest.fixture(scope='module')
def workspace(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A colcon workspace with a copy of this tree."""
    if importlib.util.find_spec('colcon_core') is None:
        pytest.skip('needs colcon')
    if ' ' in sys.executable:
        pytest.skip('the first line of an executable cannot name a Python in a path with blanks')
    workspace = tmp_path_factory.mktemp('workspace')
    source = workspace / 'src' / PACKAGE
    ignored = shutil.ignore_patterns('__pycache__')
    # Of the tests, those that are over in a moment, and those that need TensorFlow.
    tests = [f'tests/{folder}' for folder in ('planner', 'support', 'training')]
    for folder in (*COPIED, *tests, 'training', 'scripts'):
        shutil.copytree(root / folder, source / folder, ignore=ignored)
    for name in (*BUILT_OF, 'tests/__init__.py', 'tests/conftest.py'):
        shutil.copy(root / name, source / name)
    return workspace


def colcon(workspace: Path, *arguments: str) -> 'subprocess.CompletedProcess[str]':
    command = [sys.executable, '-m', 'colcon', '--log-base', 'log', *arguments]
    done = subprocess.run(command, cwd=workspace, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope='module')
def install(workspace: Path) -> Path:
    """The install space, built by colcon."""
    colcon(workspace, 'build', '--event-handlers', 'console_direct+')
    return workspace / 'install' / PACKAGE


@pytest.mark.parametrize(
    'name',
    ['advisor', 'classifier', 'signal_regions', 'simulation_driver', *sorted(PROGRAM.commands)],
)
def test_executable_is_where_ros2_run_looks(install: Path, name: str) -> None:
    assert os.access(install / 'lib' / PACKAGE / name, os.X_OK)
    assert (install / 'share/ament_index/resource_index/packages' / PACKAGE).is_file()


def test_share_holds_what_is_beside_the_code(install: Path, root: Path) -> None:
    share = install / 'share' / PACKAGE
    expected = [
        path.relative_to(root)
        for folder in ('launch', 'config', 'bundles', 'worlds', 'models')
        for path in (root / folder).rglob('*')
        if path.is_file() and '__pycache__' not in path.parts
    ]
    assert Path('launch/classify.launch.py') in expected
    assert [path for path in expected if not (share / path).is_file()] == []
    assert (share / 'package.xml').is_file()


def test_every_file_that_launch_files_and_worlds_name_is_installed(install: Path) -> None:
    share = install / 'share' / PACKAGE
    named = [BRIDGE, *(world_path(time_of_day) for time_of_day in TIMES_OF_DAY)]
    for launch in (share / 'launch').glob('*.py'):
        words = launch.read_text(encoding='utf-8')
        named += [Path(*re.findall(r"'([^']+)'", found)) for found in SHARED.findall(words)]
    models = share / 'models'
    for sdf in (*(share / 'worlds').glob('*.sdf'), *models.glob('*/model.sdf')):
        uris = re.findall(r'>model://([^<]+)<', sdf.read_text(encoding='utf-8'))
        named += [Path('models') / uri for uri in uris]
    assert len(named) > 50
    assert {Path('launch/classify.launch.py'), Path('models/delivery_robot')} <= set(named)
    assert [path for path in named if not (share / path).exists()] == []


def test_training_is_not_installed(install: Path) -> None:
    assert list(install.rglob('site-packages/training')) == []
    assert list(install.rglob('site-packages/tests')) == []


@pytest.fixture
def installed_environment(domain_id: int, install: Path, tmp_path: Path) -> dict[str, str]:
    """As after sourcing the install space."""
    base = {**os.environ, 'ROS_LOG_DIR': str(tmp_path / 'log')}
    environment = ros_environment(domain_id, base=base)
    (site_packages,) = install.rglob('site-packages')
    environment['PYTHONPATH'] = os.pathsep.join(
        [str(site_packages), *filter(None, [os.environ.get('PYTHONPATH')])]
    )
    prefixes = [str(install), environment.get('AMENT_PREFIX_PATH', '')]
    environment['AMENT_PREFIX_PATH'] = os.pathsep.join(filter(None, prefixes))
    return environment


def test_a_page_is_rendered_by_the_installed_templates(
    installed_environment: dict[str, str], tmp_path: Path
) -> None:
    ask = (
        'from mobilenet_perception.tools.report import pages; print(pages.__file__); '
        'print(pages.render(pages.Report("The title", "", (), (), ())))'
    )
    done = subprocess.run(
        [sys.executable, '-c', ask], cwd=tmp_path, env=installed_environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    file, _, text = done.stdout.partition('\n')
    assert 'site-packages' in file
    assert text.startswith('<!DOCTYPE html>') and '<h1>The title</h1>' in text


@pytest.fixture
def node(
    install: Path, installed_environment: dict[str, str], tmp_path: Path
) -> Iterator['subprocess.Popen[str]']:
    executable = install / 'lib' / PACKAGE / 'classifier'
    params = install / 'share' / PACKAGE / 'config' / 'classifier.yaml'
    with (tmp_path / 'node.log').open('w') as log:
        process = subprocess.Popen(
            [str(executable), '--ros-args', '--params-file', str(params)],
            cwd=tmp_path, env=installed_environment, stdout=log, stderr=subprocess.STDOUT,
            text=True,
        )  # fmt: skip
        yield process
        if process.poll() is None:
            process.kill()
            process.wait()


def test_installed_node_becomes_active_and_ends_in_order(
    node: 'subprocess.Popen[str]', installed_environment: dict[str, str], tmp_path: Path
) -> None:
    from lifecycle_msgs.msg import State
    from lifecycle_msgs.srv import GetState

    log = tmp_path / 'node.log'
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=int(installed_environment['ROS_DOMAIN_ID']))
    asker = rclpy.create_node('asker', context=context)
    executor = rclpy.executors.SingleThreadedExecutor(context=context)
    executor.add_node(asker)
    client = asker.create_client(GetState, '/classifier/get_state')
    state = None
    deadline = time.monotonic() + LIMIT_S
    while state != State.PRIMARY_STATE_ACTIVE and time.monotonic() < deadline:
        assert node.poll() is None, log.read_text()
        if not client.wait_for_service(timeout_sec=0.5):
            continue
        future = client.call_async(GetState.Request())
        executor.spin_until_future_complete(future, timeout_sec=5.0)
        if future.done():
            state = future.result().current_state.id
    executor.shutdown()
    asker.destroy_node()
    rclpy.shutdown(context=context)
    assert state == State.PRIMARY_STATE_ACTIVE, log.read_text()

    node.send_signal(signal.SIGINT)
    assert node.wait(timeout=LIMIT_S) == 0, log.read_text()
    assert 'Traceback' not in log.read_text()


def test_installed_code_is_what_runs(
    install: Path, installed_environment: dict[str, str], tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, '-c', f'import {PACKAGE}; print({PACKAGE}.__file__)'],
        cwd=tmp_path, env=installed_environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert Path(done.stdout.strip()).is_relative_to(install)


def test_every_tool_runs_what_is_installed_even_beside_another_copy(
    install: Path, installed_environment: dict[str, str], tmp_path: Path
) -> None:
    decoy = tmp_path / PACKAGE / '__init__.py'
    decoy.parent.mkdir()
    decoy.write_text('raise SystemExit("the wrong copy")\n')
    processes = {
        tool: subprocess.Popen(
            [install / 'lib' / PACKAGE / tool, '--help'],
            cwd=tmp_path, env=installed_environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        for tool in PROGRAM.commands
    }  # fmt: skip
    for tool, process in processes.items():
        said, _ = process.communicate(timeout=LIMIT_S)
        assert process.returncode == 0, said
        assert said.startswith(f'usage: ros2 run {PACKAGE} {tool} ')
    # It asks children of its own. Before 3.11, Python takes theirs from the folder it is in.
    if sys.version_info >= (3, 11):
        env = [install / 'lib' / PACKAGE / 'env', '--json']
        done = subprocess.run(
            env,
            cwd=tmp_path,
            env=installed_environment,
            capture_output=True,
            text=True,
            check=True,
        )
        told = json.loads(done.stdout)
        assert Path(told['package']['from']).is_relative_to(install)
        assert told['onnxruntime']['version']


def test_a_symlinked_install_has_every_executable(install: Path, workspace: Path) -> None:
    built = {path.name for path in (install / 'lib' / PACKAGE).iterdir()}
    colcon(
        workspace, 'build', '--symlink-install',
        '--build-base', 'build_links', '--install-base', 'install_links',
    )  # fmt: skip
    linked = workspace / 'install_links' / PACKAGE / 'lib' / PACKAGE
    assert {path.name for path in linked.iterdir() if os.access(path, os.X_OK)} == built


def test_colcon_test_passes_without_tensorflow(install: Path, workspace: Path) -> None:
    """The tests are a few, as all of them run in this environment anyway."""
    if importlib.util.find_spec('tensorflow') is not None:
        pytest.skip('TensorFlow is here')
    handler = ('--event-handlers', 'console_direct+')
    done = colcon(workspace, 'test', '--return-code-on-test-failure', *handler)
    assert 'tests/training left out: no TensorFlow' in done.stdout
    assert re.search(r'= [1-9]\d* passed in', done.stdout)
    result = colcon(workspace, 'test-result', '--all')
    assert re.search(r'\b[1-9]\d* tests, 0 errors, 0 failures', result.stdout)
