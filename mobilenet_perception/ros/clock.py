# SPDX-License-Identifier: Apache-2.0
"""The clock of a ROS node, for code that knows no ROS."""

from rclpy.node import Node

from mobilenet_perception.pipeline.timing import SystemClock


class RosClock(SystemClock):
    """Steady time from the machine, stamps' time from the node (simulated if `use_sim_time`)."""

    def __init__(self, node: Node) -> None:
        self._clock = node.get_clock()

    def now_ns(self) -> int:
        """See `Clock.now_ns`."""
        return int(self._clock.now().nanoseconds)
