# SPDX-License-Identifier: Apache-2.0
"""A bond: heartbeats by which Nav2's lifecycle manager knows that a node lives.

The manager waits for them after it has activated a node, and takes all its nodes down when they
stop. Of the protocol of `bond_core` this is the side of a node that is watched: the manager needs
no more, and to listen as well would wake this process for every heartbeat of every other node.
"""

import importlib
import uuid
from contextlib import suppress
from typing import Any

from rclpy.clock import Clock, ClockType
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.timer import Timer

from mobilenet_perception.errors import PerceptionError

# Relative, as Nav2's own: node and manager are in one namespace.
_TOPIC = 'bond'
_DEPTH = 5
# As Nav2's own nodes have them, in seconds.
_PERIOD_S = 0.25
_TIMEOUT_S = 4.0
# A manager on this machine or beside it acknowledges a message within milliseconds.
_HEARD_S = 0.5


class Bond:
    """Publishes heartbeats of a node from its executor, between `form` and `break_up`.

    They come from the executor so that a node that hangs is found dead, and on the steady clock,
    for simulation time may stand still.

    Args:
        node: whose heartbeats they are, under its name.

    Raises:
        PerceptionError: the messages `bond` are not installed.
    """

    def __init__(self, node: Node) -> None:
        try:
            self._kind: Any = importlib.import_module('bond.msg').Status
        except ImportError:
            raise PerceptionError(
                "the messages bond are not installed, so Nav2's lifecycle manager would wait for "
                'this node in vain: install ros-$ROS_DISTRO-bond, or set bond_timeout: 0.0 in '
                'the manager'
            ) from None
        self._node = node
        self._instance = ''
        self._timer: Timer | None = None
        # Outlives a bond: destroyed at once it would take the last message with it.
        self._publisher = node.create_publisher(self._kind, _TOPIC, _DEPTH)

    def form(self) -> None:
        """Begin: the manager tells one bond from the next by its instance."""
        self._instance = str(uuid.uuid4())
        self._timer = self._node.create_timer(
            _PERIOD_S, self._beat, clock=Clock(clock_type=ClockType.STEADY_TIME)
        )
        self._beat()

    def break_up(self) -> None:
        """Say that the node is no longer active, if there is a bond, and end it."""
        if self._timer is None:
            return
        self._node.destroy_timer(self._timer)
        self._timer = None
        self._publish(active=False)

    def close(self) -> None:
        """Break up, and wait for a moment until the manager has heard of it."""
        self.break_up()
        # Not every middleware can.
        with suppress(RuntimeError):
            self._publisher.wait_for_all_acked(Duration(seconds=_HEARD_S))

    def _beat(self) -> None:
        self._publish(active=True)

    def _publish(self, active: bool) -> None:
        message = self._kind(
            id=self._node.get_name(),
            instance_id=self._instance,
            active=active,
            heartbeat_timeout=_TIMEOUT_S,
            heartbeat_period=_PERIOD_S,
        )
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(message)
