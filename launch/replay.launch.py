# SPDX-License-Identifier: Apache-2.0
"""Play a bag to the classifier: `ros2 launch mobilenet_perception replay.launch.py bag:=...`.

The time is that of the bag. It starts paused, goes on when the classifier subscribes to it, and
everything ends with it.
"""

import os
import shlex
import sys
from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchContext, LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    EmitEvent,
    ExecuteProcess,
    IncludeLaunchDescription,
    OpaqueFunction,
    RegisterEventHandler,
    TimerAction,
)
from launch.event_handlers import OnProcessExit
from launch.events import Shutdown
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration

from mobilenet_perception.ros.environment import profile_variable

SHARE = Path(get_package_share_directory('mobilenet_perception'))

# Name, default, meaning.
ARGUMENTS = (
    ('bag', '', 'The bag: a folder, an .mcap or a .db3 file.'),
    ('rate', '1.0', 'How many times as fast as recorded.'),
    # Ages of answers are as exact as this: a clock of 200 Hz stands still for 5 ms.
    ('clock_hz', '200', 'How often the time of the bag is published on /clock.'),
    ('play_arguments', '', 'Further arguments of `ros2 bag play`, such as "--start-offset 10".'),
    ('wait_s', '60', 'How long the player and the classifier may take to find each other.'),
)
# Of classify.launch.py, whose defaults hold; use_sim_time and autostart are set here.
PASSED_ON = (
    ('bundle', 'Folder of the model bundle.'),
    ('cameras', 'Names of the cameras, with commas between them: front,left.'),
    ('image_topic', 'Topic of the images, for one camera.'),
    ('image_transport', 'raw, or compressed: <image_topic>/compressed; for one camera.'),
    ('significant_bits', 'Bits that 16-bit samples use, such as 12, for one camera.'),
    ('latency_budget_ms', 'Time from capture to publication, in milliseconds.'),
    ('namespace', 'Namespace of the node.'),
)
PARAMS_FILE = str(SHARE / 'config' / 'classifier.yaml')
# Answers to the last frames are still on their way when the bag has ended.
_LINGER_S = 1.0


def generate_launch_description() -> LaunchDescription:
    """Return what `ros2 launch` runs."""
    declared = [
        DeclareLaunchArgument(name, default_value=default, description=meaning)
        for name, default, meaning in ARGUMENTS
    ]
    declared += [
        DeclareLaunchArgument(name, default_value='', description=meaning)
        for name, meaning in PASSED_ON
    ]
    declared.append(
        DeclareLaunchArgument(
            'params_file', default_value=PARAMS_FILE, description='Parameter file of the node.'
        )
    )
    return LaunchDescription([*declared, OpaqueFunction(function=_start)])


def _start(
    context: LaunchContext,
) -> list[IncludeLaunchDescription | ExecuteProcess | RegisterEventHandler]:
    names = [name for name, *_ in (*ARGUMENTS, *PASSED_ON)] + ['params_file']
    given = {name: LaunchConfiguration(name).perform(context).strip() for name in names}
    passed_on = {name: given[name] for name, _ in PASSED_ON}
    classify = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(SHARE / 'launch' / 'classify.launch.py')),
        launch_arguments={
            **passed_on,
            'params_file': given['params_file'],
            'use_sim_time': 'true',
            'autostart': 'true',
        }.items(),
    )
    player = ExecuteProcess(
        cmd=_player(given), additional_env=_player_environment(), output='screen'
    )
    resume = ExecuteProcess(cmd=_resume(given), output='screen')
    return [classify, player, resume, _end_with(player), _end_if_failed(resume)]


def _player(given: dict[str, str]) -> list[str]:
    """Return the command that plays the bag."""
    bag = Path(given['bag']).expanduser()
    if not given['bag'] or not bag.exists():
        raise RuntimeError(f'bag must be the path of a rosbag2 recording; it is {given["bag"]!r}')
    for name in ('rate', 'clock_hz', 'wait_s'):
        if not _is_positive(given[name]):
            raise RuntimeError(f'{name} must be a number above 0; it is {given[name]!r}')
    return [
        *('ros2', 'bag', 'play', str(bag), '--start-paused', '--disable-keyboard-controls'),
        *('--clock', given['clock_hz'], '--rate', given['rate']),
        *shlex.split(given['play_arguments']),
    ]


def _player_environment() -> dict[str, str]:
    """Return the Fast DDS profile by which the player loses no large images; a user's own goes on.

    What helps is in the profile of who publishes.
    """
    variable = profile_variable()
    if variable in os.environ:
        return {}
    return {variable: str(SHARE / 'config' / 'fastdds_large_images.xml')}


def _resume(given: dict[str, str]) -> list[str]:
    """Return the command that lets the player go on."""
    namespace = given['namespace'].strip('/')
    classifier = f'/{namespace}/classifier' if namespace else '/classifier'
    return [
        *(sys.executable, '-m', 'mobilenet_perception.tools.replay.ros.resume'),
        *('--classifier', classifier, '--wait', given['wait_s']),
    ]


def _end_with(player: ExecuteProcess) -> RegisterEventHandler:
    def ended(event: object, context: LaunchContext) -> list[TimerAction] | None:
        # Launch stops it as well when something else has ended everything.
        if context.is_shutdown:
            return None
        end = EmitEvent(event=Shutdown(reason='the bag has been played'))
        return [TimerAction(period=_LINGER_S, actions=[end])]

    return RegisterEventHandler(OnProcessExit(target_action=player, on_exit=ended))


def _end_if_failed(resume: ExecuteProcess) -> RegisterEventHandler:
    def ended(event: object, context: LaunchContext) -> None:
        if getattr(event, 'returncode', 0) and not context.is_shutdown:
            # It ends everything, and `ros2 launch` with status 1.
            raise RuntimeError('the bag could not be played to the classifier: see above')

    return RegisterEventHandler(OnProcessExit(target_action=resume, on_exit=ended))


def _is_positive(text: str) -> bool:
    try:
        return float(text) > 0
    except ValueError:
        return False
