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

from mobilenet_perception.ros.environment import profile_variable
from mobilenet_perception.street import TIMES_OF_DAY, sidewalk_world
from mobilenet_perception.street.gazebo import (
    BRIDGE,
    SIGNAL_MAP,
    image_topic,
    regions_topic,
    signal_regions_parameters,
    world_path,
)

PACKAGE = 'mobilenet_perception'
SHARE = Path(get_package_share_directory(PACKAGE))
NEEDED = ('ros_gz_sim', 'ros_gz_bridge', 'ros_gz_image')
YES_NO = ('true', 'false')
# What the report needs to know of the node.
SCORED = ('bundle', 'latency_budget_ms')
POSE_ERRORS = ('pose_error_m', 'pose_error_deg')

# Name, default, allowed values (none: any), meaning. Those of classify.launch.py work too.
ARGUMENTS: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    ('time_of_day', TIMES_OF_DAY[0], TIMES_OF_DAY, 'Light of the street.'),
    ('world', '', (), 'SDF file, changed from that of the street. Empty: the street itself.'),
    ('headless', 'false', YES_NO, 'No window: Gazebo renders for the cameras alone.'),
    ('drive', 'route', ('route', 'teleop'), 'Who drives: the route, or you on /cmd_vel.'),
    ('cameras', 'front', (), 'Cameras to classify, with commas between: front,left,right.'),
    ('pose_error_m', '0.0', (), 'How far the robot takes itself from where it is, in metres.'),
    ('pose_error_deg', '0.0', (), 'By how much at most it takes itself turned, in degrees.'),
    ('report', '', (), 'Folder for a report of the decisions; all ends when it is written.'),
    ('min_right', '', (), 'Share of signs, 0 to 1, below which the report, and this, fails.'),
)


def generate_launch_description() -> LaunchDescription:
    """Return what `ros2 launch` runs."""
    declared = [
        DeclareLaunchArgument(
            name, default_value=default, choices=list(choices) or None, description=meaning
        )
        for name, default, choices, meaning in ARGUMENTS
    ]
    classify = _include(
        SHARE / 'launch' / 'classify.launch.py',
        use_sim_time='true',
        cameras=LaunchConfiguration('cameras'),
        regions_topic=regions_topic('<camera>'),
        # They have room for the pose already.
        regions_margin='0.0',
    )
    return LaunchDescription([*declared, OpaqueFunction(function=_start), classify])


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
        Node(
            package=PACKAGE,
            executable='simulation_driver',
            parameters=[
                {
                    'use_sim_time': True,
                    'drive': given['drive'],
                    'cameras': cameras,
                    **{name: _number(name, given[name]) for name in POSE_ERRORS},
                }
            ],
            output='screen',
        ),
        Node(
            package=PACKAGE,
            executable='signal_regions',
            name='signal_regions',
            parameters=[
                {
                    'map_file': str(SHARE / SIGNAL_MAP),
                    **signal_regions_parameters(sidewalk_world(given['time_of_day']), cameras),
                }
            ],
            output='screen',
        ),
    ]
    if given['report']:
        # As classify.launch.py was told.
        node = {name: context.launch_configurations.get(name, '') for name in SCORED}
        actions.append(_report(given, node))
    return actions


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


def _include(path: Path, **arguments: Any) -> IncludeLaunchDescription:
    return IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(path)), launch_arguments=list(arguments.items())
    )


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise RuntimeError(f'{name} must be a number; it is {text!r}') from None


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


def _report(given: dict[str, str], node: dict[str, str]) -> ExecuteProcess:
    command = [
        sys.executable, '-m', PACKAGE, 'simulate', '--attach', '--out', given['report'],
        '--time-of-day', given['time_of_day'], '--cameras', given['cameras'],
    ]  # fmt: skip
    for name, value in {**node, 'min_right': given['min_right']}.items():
        if value:
            command += [f'--{name.replace("_", "-")}', value]
    return ExecuteProcess(cmd=command, output='screen', on_exit=_end)


def _end(event: Any, context: LaunchContext) -> list[Shutdown]:
    if context.is_shutdown:
        return []  # after Ctrl-C all ends already
    if event.returncode:
        # Launch ends with a status of its own, 1, only for what is raised.
        raise RuntimeError(
            f'the drive failed: its report ended with status {event.returncode} and says why above'
        )
    return [Shutdown(reason='the report is written')]
