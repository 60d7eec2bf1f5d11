# SPDX-License-Identifier: Apache-2.0
"""Listener of `doctor` to a topic of regions, of `vision_msgs/Detection2DArray`."""

import time
from collections.abc import Sequence

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from vision_msgs.msg import Detection2DArray

from mobilenet_perception.frames.boxes import boxes
from mobilenet_perception.pipeline.regions import RegionRules
from mobilenet_perception.ros import messages
from mobilenet_perception.tools.doctor.region_stream import Arrival, BoxTally, RegionStream

# Best effort hears every publisher; deep enough to bridge the decoding of a frame.
_QOS = QoSProfile(depth=50, reliability=ReliabilityPolicy.BEST_EFFORT)


class RegionListener:
    """One topic of regions.

    Args:
        node: listens.
        topic: the topic.
        rules: which of its boxes the classifier looks at.
    """

    def __init__(self, node: Node, topic: str, rules: RegionRules) -> None:
        self._tally = BoxTally(rules)
        node.create_subscription(Detection2DArray, topic, self._take, _QOS)

    def heard(
        self, sizes: Sequence[str], frames: Sequence[Arrival], budget_ms: float
    ) -> RegionStream:
        """Return what came so far.

        Args:
            sizes: of the camera's frames, such as `640x480`, the most frequent first.
            frames: of the camera, in order.
            budget_ms: of a frame, within which it may wait for its regions.
        """
        width, _, height = sizes[0].partition('x') if sizes else ('', '', '')
        size = (int(width), int(height)) if sizes else None
        return self._tally.stream(size, frames, budget_ms)

    def _take(self, message: Detection2DArray) -> None:
        arrival = Arrival(time.monotonic_ns(), messages.stamp_ns(message.header))
        self._tally.add(boxes(message), arrival)
