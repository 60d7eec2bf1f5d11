# SPDX-License-Identifier: Apache-2.0
"""Where a camera was at a stamp: from a topic of the robot's poses, or from TF."""

import importlib
import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
from rclpy import qos
from rclpy.node import Node
from rclpy.time import Time
from std_msgs.msg import Header

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames.signal_map import (
    CameraMount,
    MapPose,
    PoseTrack,
    rotation_of_quaternion,
)
from mobilenet_perception.pipeline.timing import NS_PER_MS
from mobilenet_perception.ros.messages import stamp_ns

Array = npt.NDArray[np.float64]

# Best effort hears every publisher; a stall of a second or two of a fast one loses none.
_QOS = qos.QoSProfile(
    history=qos.HistoryPolicy.KEEP_LAST, depth=100, reliability=qos.ReliabilityPolicy.BEST_EFFORT
)
# Stamps further apart are of two clocks.
_OTHER_CLOCK_NS = 10_000_000_000
_HERE = CameraMount(np.zeros(3), np.eye(3))


class PoseRules(NamedTuple):
    """How poses are taken.

    Attributes:
        frame: in which they must be: that of the map.
        max_age_ns: time to the nearest pose above which there is none.
        covariance: (6, 6) of a pose whose source states none.
    """

    frame: str
    max_age_ns: float
    covariance: Array


class Whereabouts(NamedTuple):
    """Where a camera was: the pose of what carries it, and how it sits on that."""

    pose: MapPose
    mount: CameraMount


class PoseSource(Protocol):
    """Says where a camera was."""

    def find(self, stamp: int, frame: str, mount: CameraMount) -> Whereabouts:
        """Return where a camera was at a stamp, in nanoseconds.

        Args:
            stamp: of its image.
            frame: its optical frame.
            mount: how it sits on the robot; of no use where `frame` says it.

        Raises:
            PerceptionError: that is not known; the message says why.
        """

    def follow(self) -> None:
        """Look for those who publish, if that has not been done."""

    def clear(self) -> None:
        """Forget all: time has jumped."""


def covariance_of(position_sigma_m: float, rotation_sigma_deg: float) -> Array:
    """Return the covariance of independent errors of a robot on the ground: x, y and its yaw."""
    place, turn = position_sigma_m**2, math.radians(rotation_sigma_deg) ** 2
    return np.diag([place, place, 0.0, 0.0, 0.0, turn])


class _StatedPose(NamedTuple):
    """A pose as its message states it, and its covariance, 36 numbers; none: it states none."""

    header: Header
    pose: Any
    covariance: Any = ()


# What each type of message says.
_TYPES: Mapping[str, Callable[[Any], _StatedPose]] = {
    'geometry_msgs/msg/PoseStamped': lambda message: _StatedPose(message.header, message.pose),
    'geometry_msgs/msg/PoseWithCovarianceStamped': lambda message: _StatedPose(
        message.header, message.pose.pose, message.pose.covariance
    ),
    'nav_msgs/msg/Odometry': lambda message: _StatedPose(
        message.header, message.pose.pose, message.pose.covariance
    ),
}


class TopicPoses:
    """Poses of the robot from a topic, of whichever of the types its publisher has.

    Args:
        node: subscribes.
        topic: of the poses.
        rules: how they are taken.
    """

    def __init__(self, node: Node, topic: str, rules: PoseRules) -> None:
        self._node = node
        self._topic = node.resolve_topic_name(topic)
        self._rules = rules
        self._track = PoseTrack()
        self._read: Callable[[Any], _StatedPose] | None = None
        self._wrong = ''

    def follow(self) -> None:
        """See `PoseSource.follow`."""
        if self._read is not None:
            return
        found = [info.topic_type for info in self._node.get_publishers_info_by_topic(self._topic)]
        kind = next((name for name in found if name in _TYPES), None)
        if kind is None:
            self._wrong = ''.join(
                f'{self._topic} carries {other}: it must be one of {", ".join(_TYPES)}'
                for other in found[:1]
            )
            return
        package, _, name = kind.split('/')
        try:
            messages = importlib.import_module(f'{package}.msg')
        except ImportError:
            self._wrong = (
                f'{package} is not installed: install ros-$ROS_DISTRO-{package.replace("_", "-")}'
            )
            return
        self._read, self._wrong = _TYPES[kind], ''
        self._node.create_subscription(getattr(messages, name), self._topic, self._take, _QOS)

    def clear(self) -> None:
        """See `PoseSource.clear`."""
        self._track = PoseTrack()

    def find(self, stamp: int, frame: str, mount: CameraMount) -> Whereabouts:
        """See `PoseSource.find`."""
        if self._wrong:
            raise PerceptionError(self._wrong)
        newest = self._track.newest_ns
        if newest is None:
            publishes = 'nothing has come' if self._read else 'nobody publishes the pose'
            raise PerceptionError(f'{publishes} on {self._topic}: start what localises the robot')
        pose = self._track.at(stamp, round(self._rules.max_age_ns))
        if pose is None:
            raise PerceptionError(_too_far(newest - stamp, self._rules.max_age_ns))
        return Whereabouts(pose, mount)

    def _take(self, message: Any) -> None:
        assert self._read is not None
        stated = self._read(message)
        self._wrong = self._refusal(stated.header)
        if self._wrong:
            return
        try:
            pose = self._pose_of(stated)
        except PerceptionError as error:
            self._wrong = f'the pose on {self._topic} is none: {error}'
            return
        self._track.add(stamp_ns(stated.header), pose)

    def _refusal(self, header: Header) -> str:
        if header.frame_id == self._rules.frame:
            return ''
        return (
            f'the poses on {self._topic} are in the frame {header.frame_id!r} and the map in '
            f'{self._rules.frame!r}: take poses in the frame of the map, or name theirs in it'
        )

    def _pose_of(self, stated: _StatedPose) -> MapPose:
        place, turn = stated.pose.position, stated.pose.orientation
        position = np.array([place.x, place.y, place.z])
        if not np.isfinite(position).all():
            raise PerceptionError('its position is not finite')
        rotation = rotation_of_quaternion(turn.x, turn.y, turn.z, turn.w)
        return MapPose(position, rotation, self._covariance(stated.covariance))

    def _covariance(self, stated: Any) -> Array:
        """Return what is stated; all zeros, or a variance below 0, state nothing in ROS."""
        numbers = np.array(list(stated), float)
        if numbers.size != 36 or not numbers.any():
            return self._rules.covariance
        matrix = numbers.reshape(6, 6)
        if not np.isfinite(matrix).all() or np.diag(matrix).min() < 0:
            return self._rules.covariance
        even: Array = (matrix + matrix.T) / 2
        return even


class TfPoses:
    """Poses of a camera from TF, straight from the frame of the map to its optical frame.

    Args:
        node: listens.
        rules: how they are taken.

    Raises:
        PerceptionError: tf2_ros is not installed.
    """

    def __init__(self, node: Node, rules: PoseRules) -> None:
        self._tf = self.require()
        self._rules = rules
        # Without the node: with it the buffer's own answer to a jump of time fails.
        self._buffer = self._tf.Buffer()
        self._listener = self._tf.TransformListener(self._buffer, node)

    @staticmethod
    def require() -> Any:
        """Return the module tf2_ros.

        Raises:
            PerceptionError: it is not installed.
        """
        try:
            return importlib.import_module('tf2_ros')
        except ImportError:
            raise PerceptionError(
                'pose_topic is empty, which takes the pose from TF, and tf2_ros is not installed: '
                'install ros-$ROS_DISTRO-tf2-ros-py, or name a topic of poses'
            ) from None

    def follow(self) -> None:
        """See `PoseSource.follow`."""

    def clear(self) -> None:
        """See `PoseSource.clear`."""
        self._buffer.clear()

    def find(self, stamp: int, frame: str, mount: CameraMount) -> Whereabouts:
        """See `PoseSource.find`."""
        if not frame:
            raise PerceptionError(
                'its camera_info names no frame: let its driver name one, or set optical_frame'
            )
        try:
            found = self._at(stamp, frame)
        except self._tf.TransformException as error:
            raise PerceptionError(
                f'TF has no way from {self._rules.frame} to {frame} ({error}): start what '
                'localises the robot, and what publishes its cameras'
            ) from None
        place, turn = found.transform.translation, found.transform.rotation
        pose = MapPose(
            np.array([place.x, place.y, place.z]),
            rotation_of_quaternion(turn.x, turn.y, turn.z, turn.w),
            self._rules.covariance,
        )
        return Whereabouts(pose, _HERE)

    def _at(self, stamp: int, frame: str) -> Any:
        """Return the transform at a stamp, or the newest where that is not yet known.

        Raises:
            tf2_ros.TransformException: there is none.
            PerceptionError: the newest is too old.
        """
        look_up = self._buffer.lookup_transform
        try:
            return look_up(self._rules.frame, frame, Time(nanoseconds=stamp))
        except self._tf.ExtrapolationException:
            # Of the frames in between the one that comes last decides.
            newest = look_up(self._rules.frame, frame, Time())
            apart = stamp_ns(newest.header) - stamp
            if abs(apart) > self._rules.max_age_ns:
                raise PerceptionError(_too_far(apart, self._rules.max_age_ns)) from None
            return newest


def _too_far(apart_ns: int, most_ns: float) -> str:
    if abs(apart_ns) > _OTHER_CLOCK_NS:
        return (
            f"the pose's stamps are {abs(apart_ns) / 1e9:.0f} s from those of the images: they "
            'are of another clock; in simulation set use_sim_time for every node'
        )
    return (
        f'the newest pose is {abs(apart_ns) / NS_PER_MS:.0f} ms from the image: more than '
        f'pose_max_age_ms ({most_ns / NS_PER_MS:g})'
    )
