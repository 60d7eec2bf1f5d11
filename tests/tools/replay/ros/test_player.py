# SPDX-License-Identifier: Apache-2.0
"""The player: what it publishes when, and where it makes the node look."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip('rclpy', reason='needs rclpy: ROS 2 or its wheels')

from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image

from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.recordings import open_source
from mobilenet_perception.ros.environment import ros_environment
from mobilenet_perception.ros.region_setter import moved
from mobilenet_perception.tools.replay.ros.player import (
    OutgoingFrame,
    SentFrame,
    read_sent,
    to_ros,
    with_upcoming,
)
from tests.ros.classifier.peer import Peer
from tests.support import ROOT
from tests.support.colours import assert_one_sentence

ROI = RegionOfInterest(100, 100, 40, 40)


@pytest.mark.parametrize(
    ('old', 'new', 'expected'),
    [
        (None, None, False),
        (None, ROI, True),
        (ROI, None, True),
        (ROI, ROI._replace(x=103), False),
        (ROI, ROI._replace(x=104), True),
        (ROI, ROI._replace(height=30), True),
    ],
)
def test_node_is_told_of_moves_that_matter(
    old: RegionOfInterest | None, new: RegionOfInterest | None, expected: bool
) -> None:
    assert moved(old, new) is expected


@pytest.mark.parametrize('count', [0, 1, 2, 5])
def test_frames_come_with_what_follows(count: int, labelled_bag: Path) -> None:
    frame = next(open_source(str(labelled_bag)).frames)
    frames = [OutgoingFrame(frame, number) for number in range(count)]
    found = [(a.message, b.message) for a, b in with_upcoming(iter(frames), 2)]
    assert found == [(number, min(number + 2, count - 1)) for number in range(count)]


def test_message_is_the_frame(colours: Path) -> None:
    frame = next(open_source(str(colours)).frames)
    message = to_ros(frame).message
    assert (message.height, message.width, message.step) == (48, 64, 192)
    assert (message.encoding, message.header.frame_id) == ('rgb8', 'camera')
    assert bytes(message.data) == bytes(frame.message.data)


def test_recorded_frame_is_sent_as_it_was_recorded(labelled_bag: Path) -> None:
    frame = next(open_source(str(labelled_bag)).frames)
    assert to_ros(frame).message is frame.cdr


def test_sent_lines_are_read_back_and_a_cut_one_left_out(tmp_path: Path) -> None:
    items = [
        SentFrame('a', 5, 1, 0.0, 'stop', True, ROI),
        SentFrame('a', 6, 2, 0.1, None, False, None),
    ]
    path = tmp_path / 'sent.jsonl'
    path.write_text('\n'.join([item.line() for item in items] + [items[0].line()[:20]]))
    assert read_sent(path) == items
    assert json.loads(items[0].line())['roi'] == [100, 100, 40, 40]


PLAYER = [sys.executable, '-m', 'mobilenet_perception.tools.replay.ros.player']


def test_player_without_a_node_says_so(labelled_bag: Path, domain_id: int) -> None:
    done = subprocess.run(
        [*PLAYER, str(labelled_bag), '--wait', '1'],
        env=ros_environment(domain_id),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert_one_sentence(done.stderr)
    assert 'nobody subscribed to /camera/image_raw' in done.stderr


def test_player_waits_for_all_whom_it_is_told_of(
    labelled_bag: Path, environment: dict[str, str], peer: Peer
) -> None:
    peer._listen(Image, '/camera/image_raw', qos_profile_sensor_data)
    done = subprocess.run(
        [*PLAYER, str(labelled_bag), '--wait', '10', '--subscribers', '2'],
        env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert_one_sentence(done.stderr)
    assert '1 of 2 nodes subscribed to /camera/image_raw within 10 s' in done.stderr
