# SPDX-License-Identifier: Apache-2.0
"""What is made of a frame's result: nothing that nobody hears, and what somebody does at once."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.lifecycle import LifecycleNode
from std_msgs.msg import Header
from vision_msgs.msg import Classification

from mobilenet_perception.pipeline.decision import Decision, ScoredLabel
from mobilenet_perception.pipeline.result import Result
from mobilenet_perception.pipeline.timing import FrameRecord, Outcome
from mobilenet_perception.ros.classifier.topics import CameraPublishers
from tests.ros.classifier.peer import PATIENCE_S

made: list[str] = []


class Record(FrameRecord):
    """Notes when it is turned into a message."""

    def _asdict(self) -> dict[str, Any]:
        made.append('timing')
        return super()._asdict()


class Top(tuple[ScoredLabel, ...]):
    """Notes when they are turned into a message."""

    def __iter__(self) -> Iterator[ScoredLabel]:
        made.append('classification')
        return super().__iter__()


@pytest.mark.usefixtures('environment')
def test_nothing_is_made_that_nobody_hears() -> None:
    node = LifecycleNode('classifier')
    publishers = CameraPublishers(node, 'front')
    node.trigger_configure()
    node.trigger_activate()
    listener = rclpy.create_node('listener')
    heard: list[Any] = []
    listener.create_subscription(Classification, '/classifier/front/decision', heard.append, 10)
    label = ScoredLabel('stop', 0.9)
    result = Result(
        Record('front', 1, 1, Outcome.ON_TIME, 'best', 50.0),
        Header(frame_id='lens'),
        Top((label,)),
        Decision('stop', 0.9, 1),
        None,
        None,
    )

    def publish_until(done: Any) -> None:
        end = time.monotonic() + PATIENCE_S
        while not done():
            assert time.monotonic() < end
            publishers.publish(result, False, time.monotonic_ns())
            rclpy.spin_once(listener, timeout_sec=0.01)

    publish_until(lambda: len(heard) > 3)
    assert made == []
    timings: list[Any] = []
    labels: list[Any] = []
    listener.create_subscription(DiagnosticArray, '/classifier/front/timing', timings.append, 10)
    publish_until(lambda: timings)
    assert set(made) == {'timing'}
    topic = '/classifier/front/classification'
    listener.create_subscription(Classification, topic, labels.append, 10)
    publish_until(lambda: labels)
    assert labels[0].results[0].class_id == 'stop'
    listener.destroy_node()
    node.destroy_node()
