# SPDX-License-Identifier: Apache-2.0
"""The listener of a tool: it hears what the node publishes of its cameras, and keeps it."""

import re
import time
from collections.abc import Callable, Collection, Iterable
from functools import partial
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile
from vision_msgs.msg import Classification, Detection2DArray

from mobilenet_perception.pipeline.decision import ScoredLabel
from mobilenet_perception.pipeline.region_decisions import ThingDecision
from mobilenet_perception.pipeline.result import TopOfRegion
from mobilenet_perception.pipeline.timing import FrameRecord, read_timing
from mobilenet_perception.ros.messages import (
    read_detections,
    read_thing_decisions,
    stamp_ns,
)
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
        looked: regions that were looked at, by camera and stamp.
        things: the latest decisions of the things of cameras with regions, by camera.
        things_decided: those after each frame, by camera and stamp.
        heard_s: when the last outcome came, on the steady clock.
    """

    def __init__(self, cameras: Iterable[str], with_regions: Collection[str] = ()) -> None:
        self.records: dict[tuple[str, int], FrameRecord] = {}
        self.labels: dict[tuple[str, int], tuple[ScoredLabel, ...]] = {}
        self.decisions: dict[str, ScoredLabel] = {}
        self.decided: dict[tuple[str, int], str] = {}
        self.looked: dict[tuple[str, int], tuple[TopOfRegion, ...]] = {}
        self.things: dict[str, tuple[ThingDecision, ...]] = {}
        self.things_decided: dict[tuple[str, int], tuple[ThingDecision, ...]] = {}
        self._troubles: dict[str, str] = {}
        self._reported: dict[str, int] = {}
        self.heard_s = time.monotonic()
        self._node = rclpy.create_node('listener')
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self._node)
        self._topics: list[str] = []
        for camera in cameras:
            if camera in with_regions:
                regions, things = (
                    partial(one, camera) for one in (self._regions, self._thing_decisions)
                )
                self._listen(Detection2DArray, f'{camera}/detections', regions)
                self._listen(Detection2DArray, f'{camera}/decisions', things)
            else:
                label, decide = partial(self._label, camera), partial(self._decision, camera)
                self._listen(Classification, f'{camera}/classification', label)
                self._listen(Classification, f'{camera}/decision', decide)
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
        return len(self.decisions) + len(self.things) == self._cameras and all(
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

    def _regions(self, camera: str, message: Detection2DArray) -> None:
        self.looked[camera, stamp_ns(message.header)] = read_detections(message)

    def _thing_decisions(self, camera: str, message: Detection2DArray) -> None:
        self.things[camera] = things = read_thing_decisions(message)
        # What rests on a frame was decided after it, and is first heard then.
        for thing in things:
            if thing.decision.stamp_ns is not None:
                self.things_decided.setdefault((camera, thing.decision.stamp_ns), things)

    def _timing(self, camera: str, message: DiagnosticArray) -> None:
        self.heard_s = time.monotonic()
        values = {item.key: item.value for item in message.status[0].values}
        stamp = stamp_ns(message.header)
        self.records[camera, stamp] = record = read_timing(camera, stamp, values)
        self._reported[camera] = max(record.sequence, self._reported.get(camera, 0))
        # A frame that was not on time leaves the decision as it stands.
        if camera in self.decisions:
            self.decided.setdefault((camera, stamp), self.decisions[camera].label)
        if camera in self.things:
            self.things_decided.setdefault((camera, stamp), self.things[camera])

    def _diagnostics(self, message: DiagnosticArray) -> None:
        # Before the first frame there is none: that is no trouble of the run.
        if not self.records:
            return
        for status in message.status:
            if status.level == DiagnosticStatus.OK or not status.name.startswith(NODE):
                continue
            # The same trouble with other figures is no news: the latest is kept.
            self._troubles[re.sub(r'[0-9.]+', '#', status.message)] = status.message
