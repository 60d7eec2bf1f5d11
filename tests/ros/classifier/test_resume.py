# SPDX-License-Identifier: Apache-2.0
"""A paused player goes on once the real node subscribes to what it plays, and not before."""

from collections.abc import Callable

import pytest
import rclpy
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.tools.replay.ros.resume import (
    PLAYER,
    resume,
    wait_until_matched,
    what_is_missing,
)
from tests.ros.classifier.peer import PATIENCE_S, NodeProcess, Peer

Start = Callable[..., NodeProcess]
NAMES = ('/classifier', f'/{PLAYER}')
RELIABLE = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
BEST_EFFORT = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)


def test_it_waits_for_both_and_says_for_what(start: Start, peer: Peer) -> None:
    assert 'does not subscribe to any camera' in what_is_missing(peer.node, *NAMES)
    start()
    peer.wait_for(lambda: 'is not there' in what_is_missing(peer.node, *NAMES))
    player = rclpy.create_node(PLAYER)
    player.create_publisher(Image, '/rear/image_raw', BEST_EFFORT)
    peer.wait_for(
        lambda: 'cameras in the bag: /rear/image_raw' in what_is_missing(peer.node, *NAMES)
    )
    publisher = player.create_publisher(CompressedImage, '/camera/image_raw', BEST_EFFORT)
    peer.wait_for(lambda: 'give image_transport:=' in what_is_missing(peer.node, *NAMES))
    player.destroy_publisher(publisher)
    player.create_publisher(Image, '/camera/image_raw', BEST_EFFORT)
    wait_until_matched(peer.node, *NAMES, PATIENCE_S)
    assert what_is_missing(peer.node, *NAMES) == ''
    player.destroy_node()


def test_qos_that_cannot_match_is_named(start: Start, peer: Peer) -> None:
    start(**{'qos_overrides./camera/image_raw.subscription.reliability': 'reliable'})
    player = rclpy.create_node(PLAYER)
    player.create_publisher(Image, '/camera/image_raw', BEST_EFFORT)
    peer.wait_for(lambda: 'do not agree on the QoS' in what_is_missing(peer.node, *NAMES))
    with pytest.raises(PerceptionError, match='/camera/image_raw'):
        wait_until_matched(peer.node, *NAMES, 0.0)
    player.destroy_node()


def test_without_rosbag2_it_says_what_to_install(peer: Peer) -> None:
    try:
        import rosbag2_interfaces  # noqa: F401
    except ImportError:
        with pytest.raises(PerceptionError, match='comes with rosbag2: apt install'):
            resume(peer.node, f'/{PLAYER}', 1.0)
    else:
        with pytest.raises(PerceptionError, match='does not answer'):
            resume(peer.node, f'/{PLAYER}', 0.2)
