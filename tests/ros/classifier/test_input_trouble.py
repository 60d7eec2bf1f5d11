# SPDX-License-Identifier: Apache-2.0
"""Diagnostics name what is wrong with real publishers, and simulation time is followed."""

import random
from collections.abc import Callable
from typing import Any

from rclpy.qos import QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CompressedImage, Image

from mobilenet_perception.ros.messages import time_message
from tests.ros.classifier.peer import NodeProcess, Peer
from tests.support.tiny_bundle import plain_image

Start = Callable[..., NodeProcess]
TOPIC = '/camera/image_raw'


def trouble(peer: Peer, words: str, doing: Callable[[], None] | None = None) -> Any:
    def found() -> Any:
        health = peer.health('classifier: camera')
        return health if health and words in health.message else None

    return peer.wait_for(found, doing)


def test_wrong_type(start: Start, peer: Peer) -> None:
    peer.node.create_publisher(CompressedImage, TOPIC, 10)
    start()
    assert 'image_transport' in trouble(peer, 'sensor_msgs/msg/CompressedImage').message


def test_qos_mismatch(start: Start, peer: Peer) -> None:
    offered = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
    peer.node.create_publisher(Image, TOPIC, offered)
    start(**{f'qos_overrides.{TOPIC}.subscription.reliability': 'reliable'})
    assert 'qos_overrides' in trouble(peer, 'does not match').message


def test_stamps_of_another_clock(start: Start, peer: Peer) -> None:
    start()
    camera = peer.camera()

    def send() -> None:
        message = peer.image(plain_image('red'))
        message.header.stamp.sec += 3600
        camera.publish(message)

    assert 'chrony' in trouble(peer, 'in the future', send).message
    assert peer['camera/classification']


def test_lost_frames(start: Start, peer: Peer) -> None:
    start()
    camera = peer.camera()
    chance, number = random.Random(0), 0

    def send() -> None:
        # Every third frame or so never leaves: what the gaps between stamps then show.
        nonlocal number
        number += 1
        if chance.random() > 0.35:
            camera.publish(stamped(peer, number * 33_333_333))

    assert 'fastdds_large_images.xml' in trouble(peer, 'get lost between', send).message


def test_a_camera_that_alternates_loses_nothing(start: Start, peer: Peer) -> None:
    start()
    camera = peer.camera()
    number = periods = 0

    def send() -> None:
        nonlocal number, periods
        number, periods = number + 1, periods + 1 + number % 2
        camera.publish(stamped(peer, periods * 33_333_333))

    def received() -> bool:
        health = peer.health('classifier: camera')
        found = {pair.key: pair.value for pair in health.values} if health else {}
        return int(found.get('received', 0)) > 90

    peer.wait_for(received, send)
    health = peer.health('classifier: camera')
    assert 'get lost' not in health.message
    assert float({pair.key: pair.value for pair in health.values}['lost_share']) < 0.05


def stamped(peer: Peer, later_ns: int) -> Image:
    message = peer.image(plain_image('red', 480, 640))
    message.header.stamp = time_message(1_700_000_000 * 10**9 + later_ns)
    return message


def test_the_base_topic_of_compressed_images_is_told_the_full_one(
    start: Start, peer: Peer
) -> None:
    start(**{'camera.image_transport': 'compressed'})
    peer.node.create_publisher(Image, '/camera/image_raw', 1)
    peer.node.create_publisher(CompressedImage, '/camera/image_raw/compressed', 1)
    words = 'set camera.image_topic: /camera/image_raw/compressed'
    assert 'set image_transport' not in trouble(peer, words).message


def test_a_clock_that_comes_seldom_is_told_as_such(start: Start, peer: Peer) -> None:
    start(use_sim_time='true', latency_budget_ms=500.0)
    clock = peer.node.create_publisher(Clock, '/clock', 10)
    camera = peer.camera()
    frames = 0

    def tick() -> None:
        # 30 frames a second, and /clock at 5 Hz.
        nonlocal frames
        frames += 1
        now_ns = 100 * 10**9 + frames * 33_333_333
        if frames % 6 == 0:
            clock.publish(Clock(clock=time_message(now_ns)))
        message = peer.image(plain_image('red'))
        message.header.stamp = time_message(now_ns)
        camera.publish(message)

    health = trouble(peer, '/clock comes too seldom, in steps of 200 ms', tick)
    assert 'ros2 bag play --clock 100' in health.message and 'chrony' not in health.message


def test_simulation_time(start: Start, peer: Peer) -> None:
    start(use_sim_time='true', latency_budget_ms=500.0, decision_timeout_ms=60000)
    health = peer.wait_for(
        lambda: (h := peer.health('classifier')) and '/clock' in h.message and h
    )
    assert 'nothing comes on /clock' in health.message
    clock = peer.node.create_publisher(Clock, '/clock', 10)
    camera = peer.camera()
    now_ns = 100 * 10**9

    def tick() -> None:
        nonlocal now_ns
        now_ns += 10_000_000
        clock.publish(Clock(clock=time_message(now_ns)))
        message = peer.image(plain_image('red'))
        message.header.stamp = time_message(now_ns)
        camera.publish(message)

    decided = peer['camera/decision']
    peer.wait_for(lambda: decided and decided[-1].results[0].class_id == 'red', tick)
    peer.wait_for(lambda: 'on_time' in peer.outcomes(), tick)
    timing = [t for t in peer.timings() if t['outcome'] == 'on_time'][-1]
    assert float(timing['age_ms']) < 500
    # The simulation is reset, again and again: evidence of before must not outlive that.
    del decided[:]

    def reset() -> None:
        for second in (5, 1):
            clock.publish(Clock(clock=time_message(second * 10**9)))

    peer.wait_for(lambda: any(d.results[0].class_id == 'stale' for d in decided), reset)
