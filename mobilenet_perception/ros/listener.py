# SPDX-License-Identifier: Apache-2.0
"""The listener of a tool: it hears what the node publishes of its cameras, and keeps it."""

import re
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile
from vision_msgs.msg import Classification

from mobilenet_perception.pipeline.decision import ScoredLabel
from mobilenet_perception.pipeline.timing import FrameRecord, read_timing
from mobilenet_perception.ros.messages import stamp_ns
from mobilenet_perception.ros.process import spin_for

NODE = 'classifier'
# As deep as the node's own queue of outcomes: a second's stall loses none.
_QOS = QoSProfile(depth=100)


class Listener:
    """A ROS node that listens to the classifier.

    Attributes:
        records: by camera and stamp.
        labels: best labels by camera and stamp.
        decisions: the latest, by camera.
        decided: decision after each frame, by camera and stamp.
        heard_s: when the last outcome came, on the steady clock.
    """

    def __init__(self, cameras: Iterable[str]) -> None:
        self.records: dict[tuple[str, int], FrameRecord] = {}
        self.labels: dict[tuple[str, int], tuple[ScoredLabel, ...]] = {}
        self.decisions: dict[str, ScoredLabel] = {}
        self.decided: dict[tuple[str, int], str] = {}
        self._troubles: dict[str, str] = {}
        self._reported: dict[str, int] = {}
        self.heard_s = time.monotonic()
        self._node = rclpy.create_node('listener')
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self._node)
        self._topics: list[str] = []
        for camera in cameras:
            self._listen(Classification, f'{camera}/classification', partial(self._label, camera))
            self._listen(Classification, f'{camera}/decision', partial(self._decision, camera))
            self._listen(DiagnosticArray, f'{camera}/timing', partial(self._timing, camera))
        self._node.create_subscription(DiagnosticArray, '/diagnostics', self._diagnostics, _QOS)
        self._cameras = len(self._topics) // 3

    @property
    def unheard(self) -> int:
        """Outcomes that the node published, by its numbering, and that did not come here."""
        return sum(self._reported.values()) - len(self.records)

    @property
    def troubles(self) -> list[str]:
        """What diagnostics said, once each."""
        return list(self._troubles.values())

    @property
    def is_connected(self) -> bool:
        """Whether every topic of the node is there, and its decisions arrive."""
        return len(self.decisions) == self._cameras and all(
            self._node.count_publishers(topic) for topic in self._topics
        )

    def spin(self, seconds: float) -> None:
        """Take in what comes for so long.

        Raises:
            KeyboardInterrupt: Ctrl-C.
        """
        spin_for(self._executor, seconds)

    def close(self) -> None:
        """Leave."""
        self._executor.shutdown(timeout_sec=1.0)
        self._node.destroy_node()

    def _listen(self, kind: type, name: str, callback: Callable[[Any], None]) -> None:
        topic = f'/{NODE}/{name}'
        self._topics.append(topic)
        self._node.create_subscription(kind, topic, callback, _QOS)

    def _label(self, camera: str, message: Classification) -> None:
        top = tuple(ScoredLabel(item.class_id, item.score) for item in message.results)
        self.labels[camera, stamp_ns(message.header)] = top

    def _decision(self, camera: str, message: Classification) -> None:
        decision = ScoredLabel(message.results[0].class_id, message.results[0].score)
        self.decisions[camera] = decision
        self.decided[camera, stamp_ns(message.header)] = decision.label

    def _timing(self, camera: str, message: DiagnosticArray) -> None:
        self.heard_s = time.monotonic()
        values = {item.key: item.value for item in message.status[0].values}
        stamp = stamp_ns(message.header)
        self.records[camera, stamp] = record = read_timing(camera, stamp, values)
        self._reported[camera] = max(record.sequence, self._reported.get(camera, 0))
        # A frame that was not on time leaves the decision as it stands.
        if camera in self.decisions:
            self.decided.setdefault((camera, stamp), self.decisions[camera].label)

    def _diagnostics(self, message: DiagnosticArray) -> None:
        # Before the first frame there is none: that is no trouble of the run.
        if not self.records:
            return
        for status in message.status:
            if status.level == DiagnosticStatus.OK or not status.name.startswith(NODE):
                continue
            # The same trouble with other figures is no news: the latest is kept.
            self._troubles[re.sub(r'[0-9.]+', '#', status.message)] = status.message
