# SPDX-License-Identifier: Apache-2.0
"""Start the classifier: `ros2 launch mobilenet_perception classify.launch.py`."""

import math
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from ament_index_python.packages import get_package_share_directory
from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import LifecycleNode, Node

from mobilenet_perception.ros.environment import MALLOC_SETTINGS, profile_variable

PACKAGE = 'mobilenet_perception'
SHARE = Path(get_package_share_directory(PACKAGE))

# Without a slash before it: in the namespace of both nodes.
MAPPED_REGIONS = 'signal_regions/<camera>/regions'
LOG_LEVELS = ('debug', 'info', 'warn', 'error', 'fatal')

# Name, default, meaning. Empty: as the parameter file says.
ARGUMENTS = (
    ('params_file', str(SHARE / 'config' / 'classifier.yaml'), 'Parameter file of the node.'),
    ('bundle', '', 'Folder of the model bundle.'),
    # Names become topics: front gives ~/front/classification, and reads /front/image_raw.
    ('cameras', '', 'Names of the cameras, with commas between them: front,left.'),
    # For several cameras set <camera>.image_topic in the parameter file.
    ('image_topic', '', 'Topic of the images, for one camera.'),
    (
        'image_transport',
        '',
        'raw, or compressed: <image_topic>/compressed; for one camera.',
    ),
    # <camera> in it stands for the name of each camera.
    ('regions_topic', '', 'Topic of regions to look at, as /detector/<camera>/boxes.'),
    ('regions_margin', '', 'What to add on each side of a region, as a share of it; a map: 0.'),
    # Its regions are then those of all cameras; parameters of its own may be in params_file.
    ('signal_map', '', 'Map of signals: start the node signal_regions, and look where it says.'),
    ('significant_bits', '', 'Bits that 16-bit samples use, such as 12, for one camera.'),
    ('latency_budget_ms', '', 'Time from capture to publication, in milliseconds.'),
    # In simulation, and for bags played with --clock.
    ('use_sim_time', 'false', 'Take the time from /clock.'),
    ('namespace', '', 'Namespace of the node.'),
    # false where a lifecycle manager takes the node through its states.
    ('autostart', 'true', 'Configure and activate the node at once.'),
    ('advice', 'false', 'Start the node advisor too: decisions become speed limits for Nav2.'),
    # Nav2's lifecycle manager takes a node that has come back up again.
    ('respawn', 'false', 'Start a node again when it has ended, however it ended.'),
    ('respawn_delay', '2.0', 'Time to wait before that, in seconds.'),
    ('log_level', 'info', 'debug, info, warn, error or fatal; <logger>:=<level> for one logger.'),
    # The camera driver is what needs a profile, when images are lost: see the file
    # config/fastdds_large_images.xml. This one is for the node's own process.
    ('fastdds_profile', '', 'Fast DDS profile of the node.'),
)


def generate_launch_description() -> LaunchDescription:
    """Return what `ros2 launch` runs."""
    declared = [
        DeclareLaunchArgument(name, default_value=default, description=meaning)
        for name, default, meaning in ARGUMENTS
    ]
    return LaunchDescription([*declared, OpaqueFunction(function=_start)])


def _start(context: LaunchContext) -> list[Node]:
    given = {name: LaunchConfiguration(name).perform(context).strip() for name, _, _ in ARGUMENTS}
    if not Path(given['params_file']).is_file():
        # launch_ros would only warn, and the node would run on defaults.
        raise RuntimeError(f'params_file {given["params_file"]} is not a file')
    parameters = _parameters(given)
    common = {
        'package': PACKAGE,
        'namespace': given['namespace'],
        'arguments': ['--ros-args', '--log-level', _log_level(given['log_level'])],
        'additional_env': {**MALLOC_SETTINGS, **_profile(given['fastdds_profile'])},
        'respawn': _is_true('respawn', given['respawn']),
        'respawn_delay': _seconds('respawn_delay', given['respawn_delay']),
        'output': 'screen',
        'emulate_tty': True,
    }
    nodes: list[Node] = [
        LifecycleNode(
            executable='classifier',
            name='classifier',
            parameters=[given['params_file'], parameters],
            **common,
        )
    ]
    if _is_true('advice', given['advice']):
        # The user's file comes last: it may set the advisor's parameters, and both need its
        # cameras.
        files = [str(SHARE / 'config' / 'advisor.yaml'), given['params_file']]
        advisor = Node(
            executable='advisor',
            name='advisor',
            parameters=[*files, _shared_parameters(parameters)],
            **common,
        )
        nodes.append(advisor)
    if given['signal_map']:
        files = [str(SHARE / 'config' / 'signal_regions.yaml'), given['params_file']]
        signal_regions = Node(
            executable='signal_regions',
            name='signal_regions',
            parameters=[*files, _signal_regions_parameters(given, parameters)],
            **common,
        )
        nodes.append(signal_regions)
    return nodes


def _shared_parameters(classifier: dict[str, Any]) -> dict[str, Any]:
    """Return those of the classifier's parameters that the other nodes have too."""
    shared = ('use_sim_time', 'cameras')
    return {name: classifier[name] for name in shared if name in classifier}


def _signal_regions_parameters(
    given: dict[str, str], classifier: dict[str, Any]
) -> dict[str, Any]:
    path = str(Path(given['signal_map']).expanduser().resolve())
    return {**_shared_parameters(classifier), 'map_file': path}


def _parameters(given: dict[str, str]) -> dict[str, Any]:
    """Return the parameters that arguments set, over those of the file."""
    parameters: dict[str, Any] = {
        name: _is_true(name, given[name]) for name in ('use_sim_time', 'autostart')
    }
    cameras = [name.strip() for name in given['cameras'].split(',') if name.strip()]
    if cameras:
        parameters['cameras'] = cameras
    if given['bundle']:
        parameters['bundle'] = str(Path(given['bundle']).expanduser().resolve())
    if given['latency_budget_ms']:
        parameters['latency_budget_ms'] = _number('latency_budget_ms', given['latency_budget_ms'])
    for name in ('image_topic', 'image_transport', 'significant_bits'):
        if not given[name]:
            continue
        if len(cameras) > 1:
            raise RuntimeError(
                f'{name} is for one camera: for several set <camera>.{name} in params_file'
            )
        value = given[name] if name != 'significant_bits' else _whole(name, given[name])
        parameters[f'{(cameras or ["camera"])[0]}.{name}'] = value
    for camera in cameras or ['camera']:
        parameters.update(_regions(given, camera))
    return parameters


def _regions(given: dict[str, str], camera: str) -> dict[str, Any]:
    """Return the parameters of a camera's regions that arguments set."""
    parameters: dict[str, Any] = {}
    topic = given['regions_topic'] or (MAPPED_REGIONS if given['signal_map'] else '')
    if topic:
        parameters[f'{camera}.regions_topic'] = topic.replace('<camera>', camera)
    if given['regions_margin']:
        margin = _number('regions_margin', given['regions_margin'])
        parameters[f'{camera}.regions_margin'] = margin
    return parameters


def _profile(path: str) -> dict[str, str]:
    """Return the environment in which Fast DDS reads a profile; it would not say what is wrong."""
    if not path:
        return {}
    profile = Path(path).expanduser().resolve()
    try:
        ElementTree.parse(profile)
    except OSError:
        raise RuntimeError(
            f'fastdds_profile {profile} cannot be read: give the path of an XML file, or leave '
            'the argument out'
        ) from None
    except ElementTree.ParseError as error:
        raise RuntimeError(f'fastdds_profile {profile} is no XML ({error})') from None
    return {profile_variable(): str(profile)}


def _log_level(text: str) -> str:
    level = text.rpartition(':=')[2].lower()
    if level not in LOG_LEVELS:
        raise RuntimeError(
            f'log_level must be one of {", ".join(LOG_LEVELS)}, or <logger>:=<level>; it is '
            f'{text!r}'
        )
    return text


def _seconds(name: str, text: str) -> float:
    seconds = _number(name, text)
    if not 0 <= seconds < math.inf:
        raise RuntimeError(f'{name} must be a number of seconds from 0; it is {text!r}')
    return seconds


def _is_true(name: str, text: str) -> bool:
    if text.lower() not in ('true', 'false'):
        raise RuntimeError(f'{name} must be true or false; it is {text!r}')
    return text.lower() == 'true'


def _whole(name: str, text: str) -> int:
    if not text.isdecimal():
        raise RuntimeError(f'{name} must be a whole number; it is {text!r}')
    return int(text)


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise RuntimeError(f'{name} must be a number; it is {text!r}') from None
