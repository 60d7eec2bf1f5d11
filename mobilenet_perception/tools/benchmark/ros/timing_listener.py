# SPDX-License-Identifier: Apache-2.0
"""Hears the node's timing topics and nothing else: hearing, too, takes processor time."""

from collections.abc import Iterable
from functools import partial
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile

from mobilenet_perception.pipeline.timing import FrameRecord, read_timing
from mobilenet_perception.ros.listener import NODE
from mobilenet_perception.ros.messages import stamp_ns
from mobilenet_perception.ros.process import spin_for

# As deep as the node's own queue of outcomes: a second's stall loses none.
_QOS = QoSProfile(depth=100)


class TimingListener:
    """A ROS node that collects what became of frames.

    Attributes:
        heard: how many outcomes have come, in all.
    """

    def __init__(self, cameras: Iterable[str]) -> None:
        self.heard = 0
        self._messages: list[tuple[str, DiagnosticArray]] = []
        self._sequences: dict[str, int] = {}
        self._node = rclpy.create_node('benchmark_listener')
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self._node)
        for camera in cameras:
            topic = f'/{NODE}/{camera}/timing'
            self._node.create_subscription(
                DiagnosticArray, topic, partial(self._take, camera), _QOS
            )

    def spin(self, seconds: float) -> None:
        """Take in what comes for so long.

        Raises:
            KeyboardInterrupt: Ctrl-C.
        """
        spin_for(self._executor, seconds)

    def take(self) -> tuple[dict[tuple[str, int], FrameRecord], int]:
        """Return what came since the last call.

        Returns:
            Records by camera and stamp; and how many outcomes the node published, by its
            numbering, that did not come here.
        """
        # Read only now: during a trial it would take time from the node.
        records, published = {}, 0
        for camera, message in self._messages:
            stamp = stamp_ns(message.header)
            values = {item.key: item.value for item in message.status[0].values}
            record = records[camera, stamp] = read_timing(camera, stamp, values)
            before = self._sequences.get(camera, 0)
            # A frame superseded ends before the one that was taken up earlier.
            self._sequences[camera] = max(before, record.sequence)
            published += self._sequences[camera] - before
        unheard = max(0, published - len(self._messages))
        self._messages = []
        return records, unheard

    def close(self) -> None:
        """Leave."""
        self._executor.shutdown(timeout_sec=1.0)
        self._node.destroy_node()

    def _take(self, camera: str, message: Any) -> None:
        self.heard += 1
        self._messages.append((camera, message))
