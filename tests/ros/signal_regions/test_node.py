# SPDX-License-Identifier: Apache-2.0
"""The node `signal_regions` over DDS: a pose and a calibration in, boxes of the map out."""

import importlib.util
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import Pose, PoseStamped, PoseWithCovarianceStamped
from nav_msgs.msg import Odometry
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray

from tests.ros.classifier.peer import NodeProcess, Peer

Start = Callable[..., NodeProcess]
MODULE = 'mobilenet_perception.ros.signal_regions'
REGIONS = '/signal_regions/camera/regions'
MAP = """
frame: map
signals:
  - {id: ahead, kind: stop, position: [10, 0, 1], facing_deg: 180, size: [0.8, 0.4]}
  - {id: behind, kind: stop, position: [-10, 0, 1], facing_deg: 0, size: [0.8, 0.4]}
"""
POSES = [PoseStamped, PoseWithCovarianceStamped, Odometry]


@pytest.fixture
def map_file(tmp_path: Path) -> Path:
    path = tmp_path / 'map.yaml'
    path.write_text(MAP)
    return path


class Robot:
    """Publishes where it is, and the calibration of its camera."""

    def __init__(self, peer: Peer, kind: type = PoseStamped) -> None:
        self.peer = peer
        self.kind = kind
        self.frame = 'map'
        self.variance = 0.0
        self.focal_length = 500.0
        self.late_s = 0.0
        peer._listen(Detection2DArray, REGIONS, 100)
        self.calibrations = peer.node.create_publisher(CameraInfo, '/camera/camera_info', 5)
        self.poses = peer.node.create_publisher(kind, '/pose', 5)

    def send(self) -> None:
        now = self.peer.node.get_clock().now().nanoseconds
        self.poses.publish(self.pose(now - round(self.late_s * 1e9)))
        self.calibrations.publish(self.calibration(now))

    def pose(self, stamp_ns: int) -> Any:
        message = self.kind()
        message.header = Header(frame_id=self.frame, stamp=stamp(stamp_ns))
        pose = Pose()
        pose.position.x = 1.0
        if self.kind is PoseStamped:
            message.pose = pose
            return message
        message.pose.pose = pose
        covariance = [0.0] * 36
        covariance[7] = self.variance
        message.pose.covariance = covariance
        return message

    def calibration(self, stamp_ns: int) -> CameraInfo:
        focal = self.focal_length
        return CameraInfo(
            header=Header(frame_id='lens', stamp=stamp(stamp_ns)),
            width=640,
            height=480,
            distortion_model='plumb_bob',
            d=[0.0] * 5,
            k=[focal, 0.0, 319.5, 0.0, focal, 239.5, 0.0, 0.0, 1.0],
        )


def stamp(nanoseconds: int) -> Time:
    return Time(sec=nanoseconds // 10**9, nanosec=nanoseconds % 10**9)


def given(map_file: Path, **more: Any) -> dict[str, Any]:
    return {
        'module': MODULE,
        'map_file': map_file,
        'pose_topic': '/pose',
        'camera.mount': [0.5, 0.0, 1.0, 0.0, 0.0, 0.0],
        'position_sigma_m': 0.0,
        'rotation_sigma_deg': 0.0,
        'tilt_sigma_deg': 0.0,
        **more,
    }


def box(message: Detection2DArray) -> list[float]:
    (found,) = message.detections
    centre = found.bbox.center.position
    return [centre.x, centre.y, found.bbox.size_x, found.bbox.size_y]


@pytest.mark.parametrize('kind', POSES)
def test_a_signal_ahead_is_named_where_it_is(
    start: Start, peer: Peer, map_file: Path, kind: type
) -> None:
    start(**given(map_file))
    robot = Robot(peer, kind)
    (message, *_) = peer.wait_for(lambda: peer[REGIONS], robot.send)
    # The camera is 8.5 m before it, at its height.
    assert box(message) == pytest.approx([320.0, 240.0, 400 / 8.5, 200 / 8.5], abs=1e-3)
    (found,) = message.detections
    assert (found.id, found.results[0].hypothesis.class_id) == ('ahead', 'stop')
    assert found.header == message.header
    # The image's own header, so that regions_match: exact works.
    assert message.header.frame_id == 'lens'


@pytest.mark.parametrize('kind', POSES[1:])
def test_a_stated_covariance_grows_the_box(
    start: Start, peer: Peer, map_file: Path, kind: type
) -> None:
    start(**given(map_file))
    robot = Robot(peer, kind)
    robot.variance = 0.1**2
    (message, *_) = peer.wait_for(lambda: peer[REGIONS], robot.send)
    wider = 2 * 2 * 0.1 * 500 / 8.5
    assert box(message)[2:] == pytest.approx([400 / 8.5 + wider, 200 / 8.5], abs=1e-2)


def test_without_one_the_parameters_say_it(start: Start, peer: Peer, map_file: Path) -> None:
    start(**given(map_file, rotation_sigma_deg=1.0))
    robot = Robot(peer, PoseWithCovarianceStamped)
    (message, *_) = peer.wait_for(lambda: peer[REGIONS], robot.send)
    # The robot turns about itself, 9 m before the sign.
    wider = 4 * math.radians(1.0) * 500 * 9 / 8.5
    assert box(message)[2] == pytest.approx(400 / 8.5 + wider, abs=0.3)


def test_nothing_in_view_is_an_empty_list(start: Start, peer: Peer, map_file: Path) -> None:
    start(**given(map_file, max_distance_m=5.0))
    (message, *_) = peer.wait_for(lambda: peer[REGIONS], Robot(peer).send)
    assert not message.detections


def troubled(peer: Peer, words: str, name: str = 'signal_regions: camera') -> Callable[[], Any]:
    def found() -> bool:
        health = peer.health(name)
        return health is not None and words in health.message

    return found


@pytest.mark.parametrize(
    ('change', 'words'),
    [
        ({'frame': 'odom'}, "are in the frame 'odom' and the map in 'map'"),
        ({'focal_length': 0.0}, 'the camera is not calibrated'),
        ({'late_s': 0.5}, 'ms from the image: more than pose_max_age_ms (200)'),
        ({'late_s': 60.0}, 'they are of another clock'),
    ],
)
def test_what_is_missing_is_said_and_nothing_published(
    start: Start, peer: Peer, map_file: Path, change: dict[str, Any], words: str
) -> None:
    """An empty list would say that nothing is in view."""
    start(**given(map_file))
    robot = Robot(peer)
    for name, value in change.items():
        setattr(robot, name, value)
    peer.wait_for(troubled(peer, words), robot.send)
    assert not peer[REGIONS]
    assert peer.health('signal_regions: camera').level == DiagnosticStatus.WARN


def test_topics_that_nobody_publishes_are_said(start: Start, peer: Peer, map_file: Path) -> None:
    start(**given(map_file))
    peer.wait_for(troubled(peer, 'nobody publishes a calibration on /camera/camera_info'))
    robot = Robot(peer)
    peer.node.destroy_publisher(robot.poses)
    peer.wait_for(
        troubled(peer, 'nobody publishes the pose on /pose'),
        lambda: robot.calibrations.publish(robot.calibration(10**9)),
    )
    peer.node.create_publisher(CameraInfo, '/pose', 5)
    peer.wait_for(
        troubled(peer, '/pose carries sensor_msgs/msg/CameraInfo: it must be one of geometry_m'),
        lambda: robot.calibrations.publish(robot.calibration(10**9)),
    )


def test_a_bad_map_is_said_and_read_again(start: Start, peer: Peer, map_file: Path) -> None:
    map_file.write_text('signals: [{id: a}]')
    node = start(**given(map_file))
    robot = Robot(peer)
    peer.wait_for(
        troubled(peer, f'{map_file}, signal 1 (a): position is missing', 'signal_regions'),
        robot.send,
    )
    assert peer.health('signal_regions').level == DiagnosticStatus.ERROR
    assert not peer[REGIONS]
    map_file.write_text(MAP)
    peer.wait_for(lambda: peer[REGIONS], robot.send)
    peer.wait_for(troubled(peer, 'the map is read', 'signal_regions'))
    status, logged = node.end()
    assert status == 0
    assert logged.count('position is missing') == 1


def test_the_default_file_serves_other_cameras(
    start: Start, peer: Peer, map_file: Path, root: Path
) -> None:
    """What it says of the camera `camera` is then no mistake."""
    text = (root / 'config' / 'signal_regions.yaml').read_text(encoding='utf-8')
    mine = map_file.with_name('mine.yaml')
    mine.write_text(
        text.replace("map_file: ''", f'map_file: {map_file}')
        .replace("pose_topic: ''", 'pose_topic: /pose')
        .replace('cameras: [camera]', 'cameras: [front]')
    )
    node = start(module=MODULE, params_file=mine)
    peer.wait_for(lambda: peer.health('signal_regions: front'))
    status, logged = node.end()
    assert status == 0
    assert 'there is no parameter' not in logged


@pytest.mark.parametrize(
    ('change', 'says'),
    [
        ({'map_file': "''"}, 'map_file is empty: give the path of a YAML file'),
        ({'pose_topic': '7/pose'}, 'pose_topic must be a name as ROS has it'),
        ({'camera.mount': [1.0, 2.0]}, 'camera.mount must be six numbers [x, y, z, roll'),
        ({'cameras': '[7]'}, 'cameras must be at least one name'),
        ({'pose_topic': "''"}, 'tf2_ros is not installed: install ros-$ROS_DISTRO-tf2-ros-py'),
    ],
)
def test_a_bad_parameter_is_one_sentence(
    start: Start, map_file: Path, change: dict[str, Any], says: str
) -> None:
    if 'tf2_ros' in says and importlib.util.find_spec('tf2_ros'):
        pytest.skip('tf2_ros is installed')
    status, logged = start(**{**given(map_file), **change}).wait()
    assert status == 1
    assert says in logged
    assert 'Traceback' not in logged
