# SPDX-License-Identifier: Apache-2.0
"""Diagnostics name what is wrong with real publishers, and simulation time is followed."""

import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CompressedImage, Image

from mobilenet_perception.ros.messages import time_message
from tests.ros.classifier.peer import NodeProcess, Peer
from tests.support import ROOT
from tests.support.tiny_bundle import plain_image

Start = Callable[..., NodeProcess]
TOPIC = '/camera/image_raw'
PROFILES = ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE')


def values(health: Any) -> dict[str, str]:
    return {pair.key: pair.value for pair in health.values}


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


def test_lost_frames(start: Start, peer: Peer, environment: dict[str, str]) -> None:
    # Without a profile large frames really get lost.
    lossy = [sys.executable, '-m', 'tests.tools.doctor.planted', 'lossy']
    with subprocess.Popen(
        lossy, env={**environment, **dict.fromkeys(PROFILES, '')}, cwd=ROOT,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as camera:  # fmt: skip
        try:
            start(**{'camera.image_topic': '/lossy/image_raw'})
            found = trouble(peer, 'get lost between')
        finally:
            camera.send_signal(signal.SIGINT)
    assert 'fastdds_large_images.xml' in found.message
    assert 0.05 < float(values(found)['lost_share']) < 1


@pytest.mark.parametrize('pattern', ['light', 'bursts', 'skipped'])
def test_no_loss_is_claimed_where_every_frame_comes(
    start: Start, peer: Peer, pattern: str
) -> None:
    start(latency_budget_ms=2000.0)
    camera = peer.camera()
    turn, stamp_ns = 0, peer.node.get_clock().now().nanoseconds

    def send() -> None:
        nonlocal turn, stamp_ns
        turn += 1
        if (pattern == 'bursts' and turn % 4) or (pattern == 'skipped' and turn % 3 == 0):
            return
        for _ in range(4 if pattern == 'bursts' else 1):
            message = peer.image(plain_image('red'))
            if pattern == 'light':
                stamp_ns += 33_333_333 * (1 + turn % 2)
                message.header.stamp = time_message(stamp_ns)
            camera.publish(message)

    def judged() -> Any:
        health = peer.health('classifier: camera')
        return health if health and int(values(health).get('received', 0)) >= 60 else None

    found = peer.wait_for(judged, send)
    assert float(values(found)['lost_share']) == 0.0
    assert 'lost' not in found.message and 'missing' not in found.message


def test_a_clock_that_comes_too_seldom(start: Start, peer: Peer) -> None:
    start(use_sim_time='true', latency_budget_ms=500.0)
    clock = peer.node.create_publisher(Clock, '/clock', 10)
    camera = peer.camera()
    turn = 0

    def send() -> None:
        # Frames at 30 Hz, the clock at 5 Hz.
        nonlocal turn
        turn += 1
        now_ns = 100 * 10**9 + turn * 33_333_333
        if turn % 6 == 0:
            clock.publish(Clock(clock=time_message(now_ns)))
        message = peer.image(plain_image('red'))
        message.header.stamp = time_message(now_ns)
        camera.publish(message)

    said = trouble(peer, 'goes on only every 200 ms', send).message
    assert 'chrony' not in said and '--clock 100' in said
    node = peer.wait_for(
        lambda: (h := peer.health('classifier')) and 'too seldom' in h.message and h, send
    )
    assert '200 ms apart' in node.message


@pytest.mark.usefixtures('each_executor')
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
