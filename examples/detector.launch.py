# SPDX-License-Identifier: Apache-2.0
"""A detector before the classifier: on a video, which it plays as a camera, or on a real one.

    ros2 launch examples/detector.launch.py model:=yolox_nano.onnx video:=drive.mp4
    ros2 launch examples/detector.launch.py model:=yolox_nano.onnx image_topic:=/front/image_raw

`detector.py` says where to get the network. All ends with the video.
"""

import os
import sys
from pathlib import Path
from typing import Any

from ament_index_python.packages import get_package_share_directory
from launch import LaunchContext, LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    ExecuteProcess,
    IncludeLaunchDescription,
    OpaqueFunction,
    Shutdown,
)
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration

from mobilenet_perception.ros.environment import profile_variable

SHARE = Path(get_package_share_directory('mobilenet_perception'))
HERE = Path(__file__).resolve().parent
# Name, default, meaning.
ARGUMENTS = (
    ('model', 'yolox_nano.onnx', 'The detector: detector.py says where to get it.'),
    ('video', '', 'A video, folder of images or bag to play as the camera. Empty: none.'),
    ('image_topic', '/camera/image_raw', 'Topic of the images; a video is played on this one.'),
    ('params_file', str(HERE / 'detector.yaml'), 'Parameter file of the classifier.'),
)


def generate_launch_description() -> LaunchDescription:
    """Return what `ros2 launch` runs."""
    declared = [
        DeclareLaunchArgument(name, default_value=default, description=meaning)
        for name, default, meaning in ARGUMENTS
    ]
    return LaunchDescription([*declared, OpaqueFunction(function=_start)])


def _start(context: LaunchContext) -> list[IncludeLaunchDescription | ExecuteProcess]:
    given = {name: LaunchConfiguration(name).perform(context).strip() for name, _, _ in ARGUMENTS}
    classify = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(SHARE / 'launch' / 'classify.launch.py')),
        launch_arguments={name: given[name] for name in ('image_topic', 'params_file')}.items(),
    )
    detector = ExecuteProcess(
        cmd=detector_command(given), name='detector', output='screen', on_exit=_end
    )
    if not given['video']:
        return [classify, detector]
    # A publisher loses large images without this profile; one that the user has named goes on.
    profile = {profile_variable(): str(SHARE / 'config' / 'fastdds_large_images.xml')}
    player = ExecuteProcess(
        cmd=player_command(given),
        name='video',
        additional_env={} if set(profile) & set(os.environ) else profile,
        output='screen',
        on_exit=_end,
    )
    return [classify, detector, player]


def _end(event: Any, context: LaunchContext) -> list[Shutdown]:
    """End all: without a detector nothing is looked at, without the video there is nothing."""
    if context.is_shutdown:
        return []  # after Ctrl-C all ends already
    if event.returncode:
        # Launch ends with a status of its own, 1, only for what is raised.
        raise RuntimeError(f'{event.process_name} ended with status {event.returncode}: see above')
    return [Shutdown(reason='the video has been played')]


def detector_command(given: dict[str, str]) -> list[str]:
    """Return the command that starts the detector."""
    return [
        *(sys.executable, str(HERE / 'detector.py'), '--ros-args'),
        *('-p', f'model:={given["model"]}', '-r', f'image:={given["image_topic"]}'),
        *('-r', 'boxes:=/detector/boxes'),
    ]


def player_command(given: dict[str, str]) -> list[str]:
    """Return the command that plays the video, once both nodes have subscribed to it."""
    return [
        *(sys.executable, '-m', 'mobilenet_perception.tools.replay.ros.player'),
        *(given['video'], '--subscribers', '2'),
    ]
