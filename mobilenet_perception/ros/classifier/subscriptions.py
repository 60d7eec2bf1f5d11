# SPDX-License-Identifier: Apache-2.0
"""Subscriptions to camera topics, and who publishes there."""

from collections.abc import Callable
from copy import copy
from typing import Any

from rclpy.node import Node
from rclpy.qos import (
    HistoryPolicy,
    QoSCompatibility,
    QoSPolicyKind,
    QoSProfile,
    ReliabilityPolicy,
    qos_check_compatible,
)
from rclpy.qos_overriding_options import QoSOverridingOptions
from rclpy.subscription import Subscription
from sensor_msgs.msg import CompressedImage, Image

from mobilenet_perception.pipeline.input_trouble import Publisher

_TYPES: dict[str, tuple[type, str]] = {
    'raw': (Image, 'sensor_msgs/msg/Image'),
    'compressed': (CompressedImage, 'sensor_msgs/msg/CompressedImage'),
}
# Sensor data, but only the newest: the pipeline would supersede any other.
_SENSOR_DATA = QoSProfile(
    history=HistoryPolicy.KEEP_LAST, depth=1, reliability=ReliabilityPolicy.BEST_EFFORT
)
_OVERRIDABLE = (
    QoSPolicyKind.HISTORY,
    QoSPolicyKind.DEPTH,
    QoSPolicyKind.RELIABILITY,
    QoSPolicyKind.DURABILITY,
)


def subscribe(
    node: Node, topic: str, transport: str, callback: Callable[[Any], None]
) -> Subscription:
    """Subscribe to a camera's images, `transport` being raw or compressed."""
    return node.create_subscription(
        _TYPES[transport][0],
        topic,
        callback,
        # A copy: overrides are written into it.
        copy(_SENSOR_DATA),
        qos_overriding_options=QoSOverridingOptions(_OVERRIDABLE),
    )


def message_type(transport: str) -> str:
    """Return the name of the message type of a transport."""
    return _TYPES[transport][1]


def publishers(node: Node, subscription: Subscription) -> list[Publisher]:
    """Return who publishes on the topic of a subscription."""
    found = node.get_publishers_info_by_topic(subscription.topic_name)
    return [
        Publisher(info.node_name, info.topic_type, _qos_trouble(info.qos_profile, subscription))
        for info in found
    ]


def _qos_trouble(offered: QoSProfile, subscription: Subscription) -> str:
    compatible, reason = qos_check_compatible(offered, subscription.qos_profile)
    # By value: rclpy gives an equal object, not the same one.
    return reason.strip('; ') if compatible == QoSCompatibility.ERROR else ''
