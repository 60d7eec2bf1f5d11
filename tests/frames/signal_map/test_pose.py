# SPDX-License-Identifier: Apache-2.0
"""Poses: rotations by ROS's rules, and where the robot was at the stamp of an image."""

import math

import numpy as np
import pytest

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames.signal_map import (
    MapPose,
    PoseTrack,
    mount_of,
    planar_pose,
    rotation_of_quaternion,
)

MS = 1_000_000


def test_mounts_follow_rep_103() -> None:
    """The columns are where the optical frame's x (right), y (down) and z (ahead) point."""
    ahead = mount_of(0.1, 0.2, 0.7, 0.0, 0.0, 0.0)
    assert ahead.position.tolist() == [0.1, 0.2, 0.7]
    np.testing.assert_allclose(ahead.rotation.T, [[0, -1, 0], [0, 0, -1], [1, 0, 0]], atol=1e-12)
    left = mount_of(0.0, 0.0, 0.0, 0.0, 0.0, math.pi / 2)
    np.testing.assert_allclose(left.rotation[:, 2], [0, 1, 0], atol=1e-12)
    down = mount_of(0.0, 0.0, 0.0, 0.0, 0.3, 0.0)
    assert down.rotation[2, 2] == pytest.approx(-math.sin(0.3))
    rolled = mount_of(0.0, 0.0, 0.0, 0.2, 0.0, 0.0)
    # About its own axis, the right side down.
    assert rolled.rotation[2, 0] == pytest.approx(-math.sin(0.2))


def test_quaternions() -> None:
    yaw = 0.7
    turned = rotation_of_quaternion(0.0, 0.0, 2 * math.sin(yaw / 2), 2 * math.cos(yaw / 2))
    np.testing.assert_allclose(turned, planar_pose(0.0, 0.0, yaw).rotation, atol=1e-12)
    for wrong in ((0.0, 0.0, 0.0, 0.0), (math.nan, 0.0, 0.0, 1.0)):
        with pytest.raises(PerceptionError, match='its orientation is no rotation'):
            rotation_of_quaternion(*wrong)


def yaw_of(pose: MapPose) -> float:
    return math.atan2(pose.rotation[1, 0], pose.rotation[0, 0])


def test_between_two_poses_it_is_on_the_way() -> None:
    track = PoseTrack()
    track.add(1000 * MS, planar_pose(1.0, 0.0, 3.1))
    track.add(1040 * MS, planar_pose(1.4, -0.2, -3.1))
    pose = track.at(1010 * MS, 50 * MS)
    assert pose is not None
    assert pose.position.tolist() == pytest.approx([1.1, -0.05, 0.0])
    # The short way round.
    assert yaw_of(pose) == pytest.approx(3.1 + (2 * math.pi - 6.2) / 4)


def test_after_the_newest_it_goes_on_as_it_went() -> None:
    track = PoseTrack()
    for index in range(31):
        track.add(index * 10 * MS, planar_pose(index * 0.02, 0.0, index * 0.01))
    pose = track.at(340 * MS, 50 * MS)
    assert pose is not None
    assert pose.position[0] == pytest.approx(0.68)
    assert yaw_of(pose) == pytest.approx(0.34)


def test_one_pose_alone_is_held() -> None:
    track = PoseTrack()
    track.add(1000 * MS, planar_pose(1.0, 0.0, 0.0))
    for stamp in (990, 1000, 1040):
        pose = track.at(stamp * MS, 50 * MS)
        assert pose is not None and pose.position[0] == 1.0


def test_too_old_or_too_new_is_none() -> None:
    track = PoseTrack()
    assert track.at(0, 50 * MS) is None
    track.add(1000 * MS, planar_pose(1.0, 0.0, 0.0))
    assert track.at(1051 * MS, 50 * MS) is None
    assert track.at(949 * MS, 50 * MS) is None
    track.add(2000 * MS, planar_pose(2.0, 0.0, 0.0))
    # In the middle of a gap nobody knows.
    assert track.at(1500 * MS, 50 * MS) is None


def test_a_jump_back_starts_anew() -> None:
    track = PoseTrack()
    track.add(1000 * MS, planar_pose(1.0, 0.0, 0.0))
    track.add(10 * MS, planar_pose(0.0, 0.0, 0.0))
    assert track.at(1000 * MS, 50 * MS) is None
    assert track.newest_ns == 10 * MS
    track.add(10 * MS, planar_pose(5.0, 0.0, 0.0))
    pose = track.at(10 * MS, 50 * MS)
    assert pose is not None and pose.position[0] == 5.0
