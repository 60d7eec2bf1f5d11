# SPDX-License-Identifier: Apache-2.0
"""The launch file of the simulation under the real `launch`, with stand-ins for ros_gz."""

import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.support.launch_file import load_launch_file

# First: this checkout's folder launch/ would pass for a package of that name.
pytest.importorskip('launch_ros', reason='needs launch_ros: it comes with ROS 2, not in wheels')
launch = pytest.importorskip('launch')

GAZEBO = """
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
def generate_launch_description():
    return LaunchDescription([DeclareLaunchArgument('gz_args')])
"""


@pytest.fixture
def simulate(root: Path) -> ModuleType:
    return load_launch_file(root / 'launch' / 'simulate.launch.py')


@pytest.fixture
def gazebo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Packages by the names of ros_gz, before any that are installed."""
    index = tmp_path / 'share' / 'ament_index' / 'resource_index' / 'packages'
    index.mkdir(parents=True)
    for name in ('ros_gz_sim', 'ros_gz_bridge', 'ros_gz_image'):
        (index / name).touch()
        (tmp_path / 'share' / name / 'launch').mkdir(parents=True)
        (tmp_path / 'share' / name / 'launch' / 'gz_sim.launch.py').write_text(GAZEBO)
    prefixes = f'{tmp_path}{os.pathsep}{os.environ["AMENT_PREFIX_PATH"]}'
    monkeypatch.setenv('AMENT_PREFIX_PATH', prefixes)


def started(module: ModuleType, **given: str) -> tuple[list[Any], Any]:
    """Return the actions of the launch file with these arguments, and their context."""
    context = launch.LaunchContext()
    defaults = {name: default for name, default, _, _ in module.ARGUMENTS}
    context.launch_configurations.update({**defaults, **given})
    return module._start(context), context


def described(actions: list[Any], kind: str) -> list[Any]:
    return [action for action in actions if type(action).__name__ == kind]


def texts(context: Any, substitutions: Any) -> str:
    perform = launch.utilities.perform_substitutions
    return str(
        perform(context, launch.utilities.normalize_to_list_of_substitutions(substitutions))
    )


def test_every_argument_is_declared_with_what_it_may_be(simulate: ModuleType) -> None:
    entities = simulate.generate_launch_description().entities
    declared = {entity.name: entity for entity in described(entities, 'DeclareLaunchArgument')}
    assert set(declared) == {name for name, _, _, _ in simulate.ARGUMENTS}
    assert all(entity.description for entity in declared.values())
    assert declared['time_of_day'].choices == ['day', 'dusk']
    # classify.launch.py brings its own.
    assert len(described(entities, 'IncludeLaunchDescription')) == 1


@pytest.mark.usefixtures('gazebo')
@pytest.mark.parametrize(('time_of_day', 'file'), [('day', 'sidewalk'), ('dusk', 'sidewalk_dusk')])
def test_gazebo_gets_a_world_that_is_there(
    simulate: ModuleType, time_of_day: str, file: str
) -> None:
    actions, context = started(simulate, time_of_day=time_of_day, headless='true')
    (include,) = described(actions, 'IncludeLaunchDescription')
    arguments = {
        texts(context, name): texts(context, value) for name, value in include.launch_arguments
    }
    run, server, headless, world = arguments['gz_args'].split()
    assert (run, server, headless) == ('-r', '-s', '--headless-rendering')
    assert Path(world).is_file() and Path(world).stem == file
    (found,) = described(actions, 'AppendEnvironmentVariable')
    models = Path(texts(context, found.value))
    assert texts(context, found.name) == 'GZ_SIM_RESOURCE_PATH'
    assert (models / 'delivery_robot' / 'model.sdf').is_file()


@pytest.mark.usefixtures('gazebo')
def test_bridges_and_driver_are_started_and_the_report_when_asked_for(
    simulate: ModuleType,
) -> None:
    actions, _ = started(simulate, cameras='front, left')
    nodes = described(actions, 'Node')
    executables = [node.node_executable for node in nodes]
    assert executables == [
        'parameter_bridge',
        'image_bridge',
        'simulation_driver',
        'signal_regions',
    ]
    assert not described(actions, 'ExecuteProcess')
    given = {'report': '/somewhere/report', 'latency_budget_ms': '80', 'min_right': '0.9'}
    actions, context = started(simulate, **given)
    (process,) = described(actions, 'ExecuteProcess')
    command = [texts(context, part) for part in process.cmd]
    assert command[1:5] == ['-m', 'mobilenet_perception', 'simulate', '--attach']
    assert command[command.index('--out') + 1] == '/somewhere/report'
    assert command[command.index('--latency-budget-ms') + 1] == '80'
    assert command[command.index('--min-right') + 1] == '0.9'
    assert '--bundle' not in command


@pytest.mark.parametrize(('status', 'expected'), [(0, 0), (2, 1)])
def test_launch_fails_where_the_report_fails(
    simulate: ModuleType, status: int, expected: int
) -> None:
    command = [sys.executable, '-c', f'raise SystemExit({status})']
    report = launch.actions.ExecuteProcess(cmd=command, on_exit=simulate._end)
    service = launch.LaunchService(noninteractive=True)
    service.include_launch_description(launch.LaunchDescription([report]))
    assert service.run() == expected


def test_a_path_with_spaces_is_one_argument(simulate: ModuleType) -> None:
    assert simulate.gazebo_arguments(Path('/a b/w.sdf'), False) == "-r '/a b/w.sdf'"


@pytest.mark.usefixtures('gazebo')
def test_a_pose_error_that_is_no_number_is_one_sentence(simulate: ModuleType) -> None:
    with pytest.raises(RuntimeError, match="pose_error_m must be a number; it is 'far'"):
        started(simulate, pose_error_m='far')


@pytest.mark.usefixtures('gazebo')
def test_a_world_that_is_not_there_is_one_sentence(simulate: ModuleType) -> None:
    with pytest.raises(RuntimeError, match='world /no/world is not a file'):
        started(simulate, world='/no/world')


def test_without_gazebo_it_says_what_to_install(
    simulate: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str) -> str:
        raise simulate.PackageNotFoundError(name)

    monkeypatch.setattr(simulate, 'get_package_share_directory', absent)
    with pytest.raises(RuntimeError, match='needs ros_gz_sim, which is not installed: install'):
        started(simulate)
