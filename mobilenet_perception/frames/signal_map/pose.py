# SPDX-License-Identifier: Apache-2.0
"""Poses of a robot: rotations, how a camera sits on it, and where it was at a stamp.

Axes follow REP 103: x ahead, y left, z up; metres and radians.
"""

from bisect import bisect_right
from collections import deque
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from mobilenet_perception.errors import PerceptionError

Array = npt.NDArray[np.float64]

# Columns are the axes of an optical frame (x right, y down, z ahead) in those of its camera.
OPTICAL: Array = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
# Poses that are kept: seconds of a fast source.
_KEPT = 1000
# Velocity is measured over at least this time, so that noise does not become motion.
_BASELINE_NS = 100_000_000


class MapPose(NamedTuple):
    """Where something is, and how it is turned.

    Attributes:
        position: (3,) in the map.
        rotation: (3, 3), from its own axes to those of the map.
        covariance: (6, 6) of x, y, z and of turns about the map's x, y, z, as ROS has it; in
            square metres and square radians.
    """

    position: Array
    rotation: Array
    covariance: Array = np.zeros((6, 6))


class CameraMount(NamedTuple):
    """How a camera sits on a robot: its optical frame, seen from the robot's own."""

    position: Array
    rotation: Array


def rotation_of(roll: float, pitch: float, yaw: float) -> Array:
    """Return a rotation about fixed axes: roll about x, then pitch about y, then yaw about z."""
    return _turn([0.0, 0.0, yaw]) @ _turn([0.0, pitch, 0.0]) @ _turn([roll, 0.0, 0.0])


def rotation_of_quaternion(x: float, y: float, z: float, w: float) -> Array:
    """Return the rotation of a quaternion of any length.

    Raises:
        PerceptionError: it is zero, or not finite.
    """
    length = float(np.sqrt(x * x + y * y + z * z + w * w))
    if not (np.isfinite(length) and length > 1e-6):
        raise PerceptionError('its orientation is no rotation: a quaternion has the length 1')
    x, y, z, w = (value / length for value in (x, y, z, w))
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def planar_pose(x: float, y: float, yaw: float) -> MapPose:
    """Return the pose of a robot on level ground."""
    return MapPose(np.array([x, y, 0.0]), rotation_of(0.0, 0.0, yaw))


def mount_of(x: float, y: float, z: float, roll: float, pitch: float, yaw: float) -> CameraMount:
    """Return the mount of a camera whose body (x along its optical axis) sits there."""
    return CameraMount(np.array([x, y, z]), rotation_of(roll, pitch, yaw) @ OPTICAL)


def turned(pose: MapPose, change: Array) -> MapPose:
    """Return a pose, moved and then turned by (6,) as its covariance counts them."""
    rotation = _turn(change[3:]) @ pose.rotation
    return pose._replace(position=pose.position + change[:3], rotation=rotation)


def _turn(axis: npt.ArrayLike) -> Array:
    """Return the rotation about an axis by its length, radians."""
    return np.asarray(cv2.Rodrigues(np.array(axis, float))[0], float)


def _between(first: MapPose, second: MapPose, share: float) -> MapPose:
    """Return the pose at a share of the way; beyond 1: carried on."""
    turn = cv2.Rodrigues(second.rotation @ first.rotation.T)[0].ravel()
    way = np.concatenate([second.position - first.position, turn])
    covariance = second.covariance if share > 0.5 else first.covariance
    return turned(first, share * way)._replace(covariance=covariance)


class PoseTrack:
    """The last poses of a robot, and where it was at a stamp."""

    def __init__(self) -> None:
        self._stamps: deque[int] = deque(maxlen=_KEPT)
        self._poses: deque[MapPose] = deque(maxlen=_KEPT)

    @property
    def newest_ns(self) -> int | None:
        """Stamp of the newest pose."""
        return self._stamps[-1] if self._stamps else None

    def add(self, stamp_ns: int, pose: MapPose) -> None:
        """Take in a pose; a jump back of time, as of a simulation that is reset, starts anew."""
        if self._stamps and stamp_ns < self._stamps[-1]:
            self._stamps.clear()
            self._poses.clear()
        if self._stamps and stamp_ns == self._stamps[-1]:
            self._poses[-1] = pose
            return
        self._stamps.append(stamp_ns)
        self._poses.append(pose)

    def at(self, stamp_ns: int, most_ns: int) -> MapPose | None:
        """Return the pose at a stamp.

        Between two poses it is on the straight way from one to the other; after the newest it is
        carried on with the velocity that was.

        Args:
            stamp_ns: when.
            most_ns: time to the nearest pose above which there is none.

        Returns:
            The pose, with the covariance of the nearer one; None: none is near enough.
        """
        after = bisect_right(self._stamps, stamp_ns)
        near = [abs(self._stamps[i] - stamp_ns) for i in (after - 1, after)
                if 0 <= i < len(self._stamps)]  # fmt: skip
        if not near or min(near) > most_ns:
            return None
        if after == 0:
            return self._poses[0]
        if after < len(self._stamps):
            return self._on_the_way(after - 1, after, stamp_ns)
        start = bisect_right(self._stamps, self._stamps[-1] - _BASELINE_NS) - 1
        if start < 0 or self._stamps[-1] - self._stamps[start] > most_ns + _BASELINE_NS:
            return self._poses[-1]
        carried = self._on_the_way(start, after - 1, stamp_ns)
        return carried._replace(covariance=self._poses[-1].covariance)

    def _on_the_way(self, first: int, second: int, stamp_ns: int) -> MapPose:
        start_ns, end_ns = self._stamps[first], self._stamps[second]
        share = (stamp_ns - start_ns) / (end_ns - start_ns)
        return _between(self._poses[first], self._poses[second], share)
