# SPDX-License-Identifier: Apache-2.0
"""Listens to a running node: its cameras are found by their topics."""

import re
import time
from functools import partial
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile
from vision_msgs.msg import Classification, Detection2DArray

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.pipeline.decision import STALE, ScoredLabel
from mobilenet_perception.pipeline.timing import read_timing
from mobilenet_perception.ros.messages import stamp_ns
from mobilenet_perception.ros.process import spin_once
from mobilenet_perception.tools.watch.camera import CameraView, WatchedCamera
from mobilenet_perception.tools.watch.things import ThingView

_QOS = QoSProfile(depth=100)
_DISCOVERY_S = 0.5
# No decision may be older: the longest decision_timeout_ms.
_LONGEST_MS = 60_000.0


class Watcher:
    """A ROS node that listens to one classifier.

    Attributes:
        nodes: the nodes that are there, this one left out.
        state: what it says is wrong with it as a whole; empty: nothing.
    """

    def __init__(self, target: str) -> None:
        self.nodes: list[str] = []
        self.state = ''
        self._target = target
        self._cameras: dict[str, WatchedCamera] = {}
        self._node = rclpy.create_node('watch')
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self._node)
        self._node.create_subscription(DiagnosticArray, '/diagnostics', self._diagnostics, _QOS)
        self._next_s = 0.0

    @property
    def cameras(self) -> list[str]:
        """Names of the cameras found."""
        return sorted(self._cameras)

    def views(self) -> list[CameraView]:
        """Return the cameras as they stand."""
        now_s = time.monotonic()
        return [self._cameras[name].view(now_s) for name in self.cameras]

    def spin(self, seconds: float) -> None:
        """Take in what comes for so long.

        Raises:
            KeyboardInterrupt: Ctrl-C.
        """
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if time.monotonic() >= self._next_s:
                self._next_s = time.monotonic() + _DISCOVERY_S
                self._discover()
            spin_once(self._executor, left)

    def close(self) -> None:
        """Leave."""
        self._executor.shutdown(timeout_sec=1.0)
        self._node.destroy_node()

    def _discover(self) -> None:
        found = self._node.get_node_names_and_namespaces()
        names = {f'{space.rstrip("/")}/{name}' for name, space in found}
        self.nodes = sorted(names - {self._node.get_fully_qualified_name()})
        pattern = re.compile(re.escape(self._target) + r'/(\w+)/timing')
        for topic, _ in self._node.get_topic_names_and_types():
            if (camera := pattern.fullmatch(topic)) and camera[1] not in self._cameras:
                self._listen(camera[1])

    def _listen(self, name: str) -> None:
        camera = self._cameras[name] = WatchedCamera(name)
        base = f'{self._target}/{name}'
        for kind, topic, callback in (
            (Classification, 'classification', self._label),
            (Classification, 'decision', self._decision),
            (Detection2DArray, 'detections', self._detections),
            (Detection2DArray, 'decisions', self._decisions),
            (DiagnosticArray, 'timing', self._timing),
        ):
            self._node.create_subscription(
                kind, f'{base}/{topic}', partial(callback, camera), _QOS
            )

    def _label(self, camera: WatchedCamera, message: Classification) -> None:
        best = message.results[0]
        camera.take_label(ScoredLabel(best.class_id, best.score), time.monotonic())

    def _decision(self, camera: WatchedCamera, message: Classification) -> None:
        decided = message.results[0]
        camera.take_decision(ScoredLabel(decided.class_id, decided.score), time.monotonic())

    def _detections(self, camera: WatchedCamera, message: Detection2DArray) -> None:
        labels = ((found.id, _best(found)) for found in message.detections)
        camera.things.take_labels(labels, time.monotonic())

    def _decisions(self, camera: WatchedCamera, message: Detection2DArray) -> None:
        now_ns = stamp_ns(message.header)
        things = []
        for found in message.detections:
            decided = _best(found)
            # By the node's own clock, which may be simulation time.
            age_ms = (now_ns - stamp_ns(found.header)) / 1e6
            # Stale rests on no frame; a stamp of another clock gives no age.
            is_known = decided.label != STALE and 0.0 <= age_ms <= _LONGEST_MS
            things.append(ThingView(found.id, None, decided, age_ms if is_known else None))
        camera.things.take_decisions(things, time.monotonic())

    def _timing(self, camera: WatchedCamera, message: DiagnosticArray) -> None:
        values = _values(message.status[0])
        try:
            record = read_timing(message.status[0].hardware_id, stamp_ns(message.header), values)
        except (KeyError, ValueError) as error:
            raise PerceptionError(
                f'{self._target} publishes timing that this release cannot read ({error}): watch '
                'it with the release that it runs'
            ) from None
        camera.take_record(record, time.monotonic())

    def _diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if status.hardware_id != self._target:
                continue
            _, _, name = status.name.partition(': ')
            trouble = '' if status.level == DiagnosticStatus.OK else status.message
            if name in self._cameras:
                self._cameras[name].take_health(_values(status), trouble)
            elif not name:
                active = _values(status).get('state') == 'active'
                self.state = trouble if active else status.message


def _best(found: Any) -> ScoredLabel:
    best = found.results[0].hypothesis
    return ScoredLabel(best.class_id, best.score)


def _values(status: Any) -> dict[str, str]:
    return {item.key: item.value for item in status.values}
