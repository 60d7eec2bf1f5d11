# SPDX-License-Identifier: Apache-2.0
"""The node in Gazebo: `ros2 launch mobilenet_perception simulate.launch.py`."""

import shlex
import sys
from pathlib import Path
from typing import Any

from ament_index_python.packages import PackageNotFoundError, get_package_share_directory
from launch import LaunchContext, LaunchDescription
from launch.actions import (
    AppendEnvironmentVariable,
    DeclareLaunchArgument,
    ExecuteProcess,
    IncludeLaunchDescription,
    OpaqueFunction,
    Shutdown,
)
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from mobilenet_perception.gazebo.names import image_topic
from mobilenet_perception.gazebo.write import BRIDGE, world_path
from mobilenet_perception.ros_environment import profile_variable
from mobilenet_perception.simulation import TIMES_OF_DAY

PACKAGE = 'mobilenet_perception'
SHARE = Path(get_package_share_directory(PACKAGE))
NEEDED = ('ros_gz_sim', 'ros_gz_bridge', 'ros_gz_image')
YES_NO = ('true', 'false')

# Name, default, allowed values (none: any), meaning. Empty: as classify.launch.py has it.
ARGUMENTS: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    ('time_of_day', TIMES_OF_DAY[0], TIMES_OF_DAY, 'Light of the street.'),
    ('world', '', (), 'SDF file of another world. Empty: the street at the time of day.'),
    ('headless', 'false', YES_NO, 'No window: Gazebo renders for the cameras alone.'),
    ('drive', 'route', ('route', 'teleop'), 'Who drives: the route, or you on /cmd_vel.'),
    ('cameras', 'front', (), 'Cameras to classify, with commas between: front,left,right.'),
    ('report', '', (), 'Folder for a report of the decisions; Gazebo ends when it is written.'),
    ('params_file', '', (), 'Parameter file of the node.'),
    ('bundle', '', (), 'Folder of the model bundle.'),
    ('latency_budget_ms', '', (), 'Time from capture to publication, in milliseconds.'),
    ('advice', '', (), 'Start the node advisor too.'),
    ('log_level', '', (), 'debug, info, warn, error or fatal.'),
)
PASSED_ON = ('cameras', 'params_file', 'bundle', 'latency_budget_ms', 'advice', 'log_level')


def generate_launch_description() -> LaunchDescription:
    """Return what `ros2 launch` runs."""
    declared = [
        DeclareLaunchArgument(
            name, default_value=default, choices=list(choices) or None, description=meaning
        )
        for name, default, choices, meaning in ARGUMENTS
    ]
    return LaunchDescription([*declared, OpaqueFunction(function=_start)])


def _start(context: LaunchContext) -> list[Any]:
    given = {
        name: LaunchConfiguration(name).perform(context).strip() for name, _, _, _ in ARGUMENTS
    }
    gazebo = _share_of_gazebo()
    world = Path(given['world'] or SHARE / world_path(given['time_of_day']))
    if not world.is_file():
        raise RuntimeError(f'world {world} is not a file')
    cameras = [name.strip() for name in given['cameras'].split(',') if name.strip()]
    actions = [
        # Before Gazebo starts: where it looks for model://.
        AppendEnvironmentVariable('GZ_SIM_RESOURCE_PATH', str(SHARE / 'models')),
        _include(
            gazebo / 'launch' / 'gz_sim.launch.py',
            gz_args=gazebo_arguments(world, given['headless'] == 'true'),
            on_exit_shutdown='true',
        ),
        *_bridges(cameras),
        _include(
            SHARE / 'launch' / 'classify.launch.py',
            use_sim_time='true',
            **{name: given[name] for name in PASSED_ON if given[name]},
        ),
        Node(
            package=PACKAGE,
            executable='simulation_driver',
            parameters=[{'use_sim_time': True, 'drive': given['drive'], 'cameras': cameras}],
            output='screen',
        ),
    ]
    return [*actions, _report(given)] if given['report'] else actions


def gazebo_arguments(world: Path, headless: bool) -> str:
    """Return the arguments of `gz sim`: it runs at once."""
    # ros_gz_sim hands them to a shell.
    return f'-r {"-s --headless-rendering " if headless else ""}{shlex.quote(str(world))}'


def _share_of_gazebo() -> Path:
    for name in NEEDED:
        try:
            get_package_share_directory(name)
        except PackageNotFoundError:
            raise RuntimeError(
                f'simulate.launch.py needs {name}, which is not installed: install '
                'ros-$ROS_DISTRO-ros-gz (ROS 2 Jazzy or newer), or run '
                '`python3 -m mobilenet_perception simulate`, which needs no Gazebo'
            ) from None
    return Path(get_package_share_directory(NEEDED[0]))


def _include(path: Path, **arguments: str) -> IncludeLaunchDescription:
    return IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(path)), launch_arguments=list(arguments.items())
    )


def _bridges(cameras: list[str]) -> list[Node]:
    topics = Node(
        package='ros_gz_bridge',
        executable='parameter_bridge',
        parameters=[{'config_file': str(SHARE / BRIDGE)}],
        output='screen',
    )
    images = Node(
        package='ros_gz_image',
        executable='image_bridge',
        arguments=[image_topic(camera) for camera in cameras],
        parameters=[{'qos': 'sensor_data'}],
        # Or Fast DDS loses many images between processes.
        additional_env={
            profile_variable(): str(SHARE / 'config' / 'fastdds_large_images.xml'),
        },
        output='screen',
    )
    return [topics, images]


def _report(given: dict[str, str]) -> ExecuteProcess:
    command = [
        sys.executable, '-m', PACKAGE, 'simulate', '--attach', '--out', given['report'],
        '--time-of-day', given['time_of_day'], '--cameras', given['cameras'],
    ]  # fmt: skip
    for name in ('bundle', 'latency_budget_ms'):
        if given[name]:
            command += [f'--{name.replace("_", "-")}', given[name]]
    return ExecuteProcess(cmd=command, output='screen', on_exit=[Shutdown(reason='reported')])
