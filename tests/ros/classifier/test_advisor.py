# SPDX-License-Identifier: Apache-2.0
"""The node `advisor` in a process of its own, fed with decisions over DDS."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from std_msgs.msg import Bool
from vision_msgs.msg import Classification, ObjectHypothesis

from tests.ros.classifier.peer import PATIENCE_S
from tests.support import ROOT

SpeedLimit = pytest.importorskip('nav2_msgs.msg', reason='needs nav2_msgs').SpeedLimit
CAMERAS = ('front', 'left')


def started(environment: dict[str, str], *parameters: str) -> 'subprocess.Popen[str]':
    return subprocess.Popen(
        [
            *(sys.executable, '-m', 'mobilenet_perception.ros.advisor', '--ros-args'),
            *(part for parameter in parameters for part in ('-p', parameter)),
        ],
        env=environment, stderr=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip


class Planner:
    """Publishes decisions as the classifier does, and hears the advice."""

    def __init__(self) -> None:
        self.node = rclpy.create_node('planner')
        self.limits: list[Any] = []
        self.stops: list[bool] = []
        self.advice: list[Any] = []
        listen = self.node.create_subscription
        listen(SpeedLimit, '/speed_limit', self.limits.append, 100)
        listen(Bool, '/advisor/stop', lambda message: self.stops.append(message.data), 100)
        listen(DiagnosticArray, '/advisor/advice', self.advice.append, 100)
        self.shown = dict.fromkeys(CAMERAS, 'traffic_light_green')
        self.decisions = {
            camera: self.node.create_publisher(
                Classification, f'/classifier/{camera}/decision', 10
            )
            for camera in CAMERAS
        }

    def wait_for(self, what: Callable[[], bool], speak: bool = True) -> None:
        """Publish what is shown at 20 Hz until something is true."""
        end, due = time.monotonic() + PATIENCE_S, 0.0
        while not what():
            assert time.monotonic() < end, f'waited in vain: {self.limits[-3:]}'
            if speak and time.monotonic() >= due:
                due = time.monotonic() + 0.05
                for camera, publisher in self.decisions.items():
                    result = ObjectHypothesis(class_id=self.shown[camera], score=0.9)
                    message = Classification(results=[result])
                    message.header.stamp = self.node.get_clock().now().to_msg()
                    publisher.publish(message)
            rclpy.spin_once(self.node, timeout_sec=0.01)

    def wait_for_limit(self, percent: float, speak: bool = True) -> None:
        """Wait until this limit comes, and the reason for it."""
        del self.limits[:]
        self.wait_for(lambda: bool(self.limits) and self.limits[-1].speed_limit == percent, speak)
        assert self.limits[-1].percentage
        before = len(self.advice)
        self.wait_for(lambda: len(self.advice) > before + 1, speak)


@pytest.fixture
def planner(environment: dict[str, str]) -> Iterator[Planner]:
    planner = Planner()
    yield planner
    planner.node.destroy_node()


def test_stop_slow_go_and_silence(environment: dict[str, str], planner: Planner) -> None:
    advisor = started(
        environment,
        'cameras:=[front, left]', 'release_after_ms:=200.0', 'release_percent_per_s:=1000.0',
        'silence_ms:=2000.0', 'max_age_ms:=1500.0', 'publish_period_ms:=20.0',
    )  # fmt: skip
    try:
        # Nothing has been said yet: slow, not go.
        planner.wait_for_limit(30.0, speak=False)
        planner.wait_for_limit(100.0)
        planner.shown['left'] = 'stop'
        # Nav2 takes 0 for no limit.
        planner.wait_for_limit(1.0)
        assert planner.stops[-1]
        status = planner.advice[-1].status[0]
        assert status.hardware_id == 'left' and status.message == 'stop: left: stop'
        assert {pair.key: pair.value for pair in status.values}['label'] == 'stop'
        planner.shown['left'] = 'pedestrians'
        planner.wait_for_limit(50.0)
        planner.shown['left'] = 'traffic_light_green'
        planner.wait_for_limit(100.0)
        # The classifier dies: the advice does not.
        planner.wait_for_limit(30.0, speak=False)
        assert planner.advice[-1].status[0].level == DiagnosticStatus.WARN
        advisor.send_signal(signal.SIGINT)
        _, said = advisor.communicate(timeout=PATIENCE_S)
        assert advisor.returncode == 0
        assert 'Traceback' not in said
    finally:
        if advisor.poll() is None:
            advisor.kill()
            advisor.communicate()


@pytest.mark.parametrize(
    ('parameter', 'says'),
    [
        ('stop_percent:=0.0', 'stop_percent out of range Min: 0.001'),
        ('slow_labels:=[stop]', 'the label stop is in two of'),
    ],
)
def test_a_bad_parameter_is_one_sentence(
    environment: dict[str, str], parameter: str, says: str
) -> None:
    advisor = started(environment, parameter)
    _, said = advisor.communicate(timeout=PATIENCE_S)
    assert advisor.returncode == 1
    assert says in said
    assert 'Traceback' not in said
