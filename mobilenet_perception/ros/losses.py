# SPDX-License-Identifier: Apache-2.0
"""Lost messages, as the middleware counts them: a publisher numbers what it sends.

A message that a newer one replaces in the queue of its subscription is not counted: it came.
Source: the ROS 2 documentation, About Quality of Service settings, message lost.
"""

from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile

try:
    from rclpy.event_handler import SubscriptionEventCallbacks, UnsupportedEventTypeError
except ImportError:  # Humble
    from rclpy.qos_event import SubscriptionEventCallbacks, UnsupportedEventTypeError


def subscribe_counting(
    node: Node,
    kind: Any,
    topic: str,
    callback: Callable[[Any], None],
    qos: QoSProfile,
    lost: Callable[[int], None],
    **options: Any,
) -> tuple[Any, bool]:
    """Subscribe, and be told of lost messages.

    Args:
        node: subscribes.
        kind: class of the messages.
        topic: its name.
        callback: takes each message.
        qos: what is asked for.
        lost: takes how many more messages are lost than when it was last called.
        options: others of `Node.create_subscription`.

    Returns:
        The subscription, and whether the middleware counts what is lost.
    """
    events = SubscriptionEventCallbacks(
        message_lost=lambda status: lost(int(status.total_count_change))
    )
    try:
        made = node.create_subscription(
            kind, topic, callback, qos, event_callbacks=events, **options
        )
    except UnsupportedEventTypeError:
        return node.create_subscription(kind, topic, callback, qos, **options), False
    return made, True
