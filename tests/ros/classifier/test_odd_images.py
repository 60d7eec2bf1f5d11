# SPDX-License-Identifier: Apache-2.0
"""Odd and corrupt image files, as CompressedImage, end as a label or as rejected."""

import array
from collections.abc import Callable
from pathlib import Path

import pytest
import rclpy
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CompressedImage

from tests.ros.classifier.peer import NodeProcess, Peer

QOS = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)


def test_every_file(start: Callable[..., NodeProcess], peer: Peer, data: Path) -> None:
    files = sorted(path for path in (data / 'odd-images').rglob('*.*') if path.is_file())
    if not files:
        pytest.skip('the data folder has no odd-images')
    node = start(
        latency_budget_ms=5000.0,
        **{
            'camera.image_transport': 'compressed',
            'qos_overrides./camera/image_raw.subscription.reliability': 'reliable',
        },
    )
    camera = peer.camera(kind=CompressedImage, qos=QOS)
    outcomes = peer['camera/timing']
    for path in files:
        message = CompressedImage(format=path.suffix[1:])
        message.data = array.array('B', path.read_bytes())
        message.header.stamp = peer.node.get_clock().now().to_msg()
        message.header.frame_id = path.name
        before = len(outcomes)
        camera.publish(message)
        while len(outcomes) == before:
            assert node.process.poll() is None, f'{path.name} ended the node'
            rclpy.spin_once(peer.node, timeout_sec=1.0)
    heard = peer.outcomes()
    assert len(heard) == len(files)
    assert set(heard) == {'on_time', 'rejected'}
