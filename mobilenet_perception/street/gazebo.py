# SPDX-License-Identifier: Apache-2.0
"""The street in Gazebo: what its files, its bridge and its nodes share.

These are files, models, cameras, topics, and how a traffic light shows: no stock system of Gazebo
changes what a board shows, but every one of them turns a joint. So a light is a drum of three
boards. At angle 0 that of red faces where the signal does, and those of yellow and green follow to
the left, each a third of a turn on.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mobilenet_perception.street.signals import TRAFFIC_LIGHTS
from mobilenet_perception.street.streets import TIMES_OF_DAY
from mobilenet_perception.street.world import Mount, Signal, World

# The bridge's file, relative to the package's share folder.
BRIDGE = Path('config/gazebo_bridge.yaml')
ROBOT = 'delivery_robot'
# Of the cameras' images in pixels, and how many come a second.
IMAGE_SIZE = (640, 480)
IMAGE_RATE_HZ = 30
FRONT = 'front'
# The joint of a light's drum.
TURN = 'turn'

CLOCK = '/clock'
COMMAND = '/cmd_vel'
POSE = '/ground_truth/pose'
# Where the robot's localisation has it: PoseWithCovarianceStamped, in the frame of the map.
LOCALIZATION = '/localization/pose'
MAP_FRAME = 'map'
# The street's signals as a map has them, relative to the package's share folder.
SIGNAL_MAP = Path('worlds/sidewalk_signals.yaml')
# A signal is looked at from here on, metres: what is further is too small for the bundle.
_LOOK_FROM_M = 8.0

# Of a turn of a light's drum, radians: from one board to the next.
THIRD = 2 * math.pi / len(TRAFFIC_LIGHTS)
# A board this far from the front still counts as shown, radians.
_SHOWN = math.radians(10)


class BridgedTopic(NamedTuple):
    """A topic that the bridge carries.

    Attributes:
        ros: its name in ROS.
        ros_type: package/msg/Type.
        gazebo: its name in Gazebo.
        gazebo_type: gz.msgs.Type.
        to_ros: True from Gazebo to ROS, False the other way.
        lazy: carried only while someone listens, so that no camera works for nobody.
    """

    ros: str
    ros_type: str
    gazebo: str
    gazebo_type: str
    to_ros: bool
    lazy: bool = False


def world_path(time_of_day: str) -> Path:
    """Return the world's file, relative to the package's share folder."""
    suffix = '' if time_of_day == TIMES_OF_DAY[0] else f'_{time_of_day}'
    return Path(f'worlds/sidewalk{suffix}.sdf')


def mounts(world: World) -> dict[str, Mount]:
    """Return the cameras of the robot: the front one is that of the drawn drive."""
    front = world.mount
    return {
        FRONT: front,
        'left': front._replace(yaw=math.pi / 2),
        'right': front._replace(yaw=-math.pi / 2),
    }


def lights(world: World) -> list[Signal]:
    """Return the signals that change."""
    return [signal for signal in world.signals if len(signal.programme) > 1]


def image_topic(camera: str) -> str:
    """Return the topic of a camera's images, the same in ROS and in Gazebo."""
    return f'/{camera}/image_raw'


def camera_info_topic(camera: str) -> str:
    """Return the topic of a camera's calibration, the same in ROS and in Gazebo."""
    return f'/{camera}/camera_info'


def regions_topic(camera: str) -> str:
    """Return the topic of the regions that the node `signal_regions` has for a camera."""
    return f'/signal_regions/{camera}/regions'


def signal_regions_parameters(world: World, cameras: Sequence[str]) -> dict[str, Any]:
    """Return the parameters of the node `signal_regions` for these cameras of the robot."""
    parameters: dict[str, Any] = {
        'cameras': list(cameras),
        'pose_topic': LOCALIZATION,
        'max_distance_m': _LOOK_FROM_M,
        'use_sim_time': True,
    }
    for camera in cameras:
        mount = mounts(world)[camera]
        parameters[f'{camera}.camera_info_topic'] = camera_info_topic(camera)
        parameters[f'{camera}.mount'] = [0.0, 0.0, mount.height, 0.0, mount.pitch, mount.yaw]
    return parameters


def turn_topic(signal: str) -> str:
    """Return the topic on which a light is told to turn: std_msgs/Float64, radians."""
    return f'/signals/{signal}/turn'


def state_topic(signal: str) -> str:
    """Return the topic on which a light says how it stands: sensor_msgs/JointState."""
    return f'/signals/{signal}/state'


def bridged(world: World) -> list[BridgedTopic]:
    """Return all topics of the bridge; images have a bridge of their own."""
    topics = [
        BridgedTopic(CLOCK, 'rosgraph_msgs/msg/Clock', CLOCK, 'gz.msgs.Clock', True),
        BridgedTopic(COMMAND, 'geometry_msgs/msg/Twist', COMMAND, 'gz.msgs.Twist', False),
        BridgedTopic(
            POSE, 'geometry_msgs/msg/PoseStamped', f'/model/{ROBOT}/pose', 'gz.msgs.Pose', True
        ),
    ]
    for light in lights(world):
        turn = f'/model/{light.name}/joint/{TURN}/0/cmd_pos'
        state = f'/world/{world.name}/model/{light.name}/joint_state'
        topics += [
            BridgedTopic(
                turn_topic(light.name), 'std_msgs/msg/Float64', turn, 'gz.msgs.Double', False
            ),
            BridgedTopic(
                state_topic(light.name), 'sensor_msgs/msg/JointState', state, 'gz.msgs.Model', True
            ),
        ]
    for camera in mounts(world):
        name = camera_info_topic(camera)
        topics.append(
            BridgedTopic(
                name, 'sensor_msgs/msg/CameraInfo', name, 'gz.msgs.CameraInfo', True, lazy=True
            )
        )
    return topics


def depth(size: float) -> float:
    """Return how far behind a board, `size` metres wide, the drum's axis is, in metres."""
    return size / (2 * math.sqrt(3))


def angle_of(label: str) -> float:
    """Return the angle at which a label shows, radians."""
    return -TRAFFIC_LIGHTS.index(label) * THIRD


def label_at(angle: float) -> str | None:
    """Return what a drum shows at an angle, None while it turns."""
    turns = -angle / THIRD
    nearest = round(turns)
    if abs(turns - nearest) * THIRD > _SHOWN:
        return None
    return TRAFFIC_LIGHTS[nearest % len(TRAFFIC_LIGHTS)]


def nearest_turn(angle: float, label: str) -> float:
    """Return the angle nearest to the present one at which a label shows, radians."""
    target = angle_of(label)
    return target + 2 * math.pi * round((angle - target) / (2 * math.pi))
