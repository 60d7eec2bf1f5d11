# SPDX-License-Identifier: Apache-2.0
"""Poses from TF, with a stand-in for tf2_ros, which no wheel brings; it answers as upstream."""

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from geometry_msgs.msg import TransformStamped
from rclpy.time import Time

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames.signal_map import mount_of
from mobilenet_perception.ros.messages import time_message
from mobilenet_perception.ros.signal_regions.poses import PoseRules, TfPoses, covariance_of

S = 1_000_000_000
MOUNT = mount_of(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
RULES = PoseRules('map', 0.2 * S, covariance_of(0.1, 1.0))


class TransformException(Exception):  # noqa: N818 (upstream's name)
    """The base of those of tf2."""


class ExtrapolationException(TransformException):
    """TF does not know that time."""


class LookupException(TransformException):
    """TF does not know that frame."""


class Buffer:
    """Knows where the frame `lens` was until 10 s."""

    def __init__(self) -> None:
        self.cleared = False

    def clear(self) -> None:
        self.cleared = True

    def lookup_transform(self, target: str, source: str, time: Time) -> TransformStamped:
        assert target == 'map'
        if source != 'lens':
            raise LookupException(f'"{source}" passed to lookupTransform does not exist.')
        if time.nanoseconds > 10 * S:
            raise ExtrapolationException('Lookup would require extrapolation into the future.')
        found = TransformStamped()
        # As tf2 does: the time that was asked for, and of none the newest.
        at = time.nanoseconds or 10 * S
        found.header.stamp = time_message(at)
        found.transform.translation.x = at / S
        found.transform.rotation.w = 1.0
        return found


@pytest.fixture
def poses(monkeypatch: pytest.MonkeyPatch) -> TfPoses:
    stand_in: Any = SimpleNamespace(
        Buffer=Buffer,
        TransformListener=lambda buffer, node: None,
        TransformException=TransformException,
        ExtrapolationException=ExtrapolationException,
    )
    monkeypatch.setitem(sys.modules, 'tf2_ros', stand_in)
    return TfPoses(None, RULES)


def test_the_pose_is_that_of_the_stamp_and_of_the_optical_frame_itself(poses: TfPoses) -> None:
    pose, mount = poses.find(9 * S, 'lens', MOUNT)
    assert pose.position.tolist() == [9.0, 0.0, 0.0]
    assert np.array_equal(mount.rotation, np.eye(3)) and not mount.position.any()
    # TF states no covariance.
    assert np.array_equal(pose.covariance, RULES.covariance)


def test_a_stamp_that_tf_does_not_know_yet_has_the_newest_pose(poses: TfPoses) -> None:
    assert poses.find(10 * S + S // 10, 'lens', MOUNT).pose.position[0] == 10.0


@pytest.mark.parametrize(
    ('stamp', 'frame', 'says'),
    [
        (10 * S + S // 2, 'lens', r'is 500 ms from the image: more than pose_max_age_ms \(200\)'),
        (90 * S, 'lens', 'they are of another clock'),
        (9 * S, 'mast', r'TF has no way from map to mast \("mast" passed to lookupTransform'),
        (9 * S, '', 'names no frame'),
    ],
)
def test_what_tf_does_not_say_is_one_sentence(
    poses: TfPoses, stamp: int, frame: str, says: str
) -> None:
    with pytest.raises(PerceptionError, match=says):
        poses.find(stamp, frame, MOUNT)


def test_a_jump_of_time_forgets(poses: TfPoses) -> None:
    poses.clear()
    assert poses._buffer.cleared
