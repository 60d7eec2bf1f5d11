# SPDX-License-Identifier: Apache-2.0
"""What the node publishes of its cameras."""

import threading
from collections.abc import Sequence

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.lifecycle import LifecycleNode
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_msgs.msg import Header
from vision_msgs.msg import Classification, LabelInfo, VisionInfo

from mobilenet_perception.inference.bundle import Bundle
from mobilenet_perception.pipeline.decision import STALE, Decision, Scored
from mobilenet_perception.pipeline.pipeline import Result
from mobilenet_perception.pipeline.timing import Outcome
from mobilenet_perception.ros import messages

_LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
# Deep enough that a reliable subscriber that stalls for a second misses no outcome.
_TIMING_DEPTH = 100


class CameraPublishers:
    """Topics of one camera. Its methods may be called from any thread.

    Args:
        node: publishes them.
        camera: the camera's name.
    """

    def __init__(self, node: LifecycleNode, camera: str) -> None:
        create = node.create_lifecycle_publisher
        self._node = node
        self._classification = create(Classification, f'~/{camera}/classification', 10)
        self._decision = create(Classification, f'~/{camera}/decision', 10)
        self._timing = create(DiagnosticArray, f'~/{camera}/timing', _TIMING_DEPTH)
        self._decision_lock = threading.Lock()
        self._decided_ns = 0
        self._decided = ''
        self._frame_id = ''

    def publish(self, result: Result, publish_late: bool, steady_ns: int) -> None:
        """Publish how a frame ended: the planner's news first, timing last."""
        header = result.header
        outcome = result.record.outcome
        if result.top and (outcome is Outcome.ON_TIME or publish_late):
            self._classification.publish(messages.classification(header, result.top))
        self._frame_id = header.frame_id
        self.publish_decision(result.decision, steady_ns)
        self._timing.publish(messages.timing(header, result.record))

    def publish_decision(self, decision: Decision, steady_ns: int) -> None:
        """Publish a decision under the stamp of the frame it rests on; a stale one as of now."""
        stamp = (
            self._node.get_clock().now().to_msg()
            if decision.stamp_ns is None
            else messages.time_message(decision.stamp_ns)
        )
        header = Header(stamp=stamp, frame_id=self._frame_id)
        with self._decision_lock:
            self._decided_ns, self._decided = steady_ns, decision.label
        scored = Scored(decision.label, decision.score)
        self._decision.publish(messages.classification(header, [scored]))

    def is_due(self, decision: Decision, steady_ns: int, period_ns: int) -> bool:
        """Say whether a decision is news, or the last was published a period ago."""
        with self._decision_lock:
            gone_stale = decision.label == STALE != self._decided
            return gone_stale or steady_ns - self._decided_ns >= period_ns

    def destroy(self) -> None:
        """Take the topics down."""
        for publisher in (self._classification, self._decision, self._timing):
            self._node.destroy_lifecycle_publisher(publisher)


class InfoPublishers:
    """The latched topics: what classifies, and its labels."""

    def __init__(self, node: LifecycleNode) -> None:
        self._node = node
        create = node.create_lifecycle_publisher
        self._vision = create(VisionInfo, '~/vision_info', _LATCHED)
        self._labels = create(LabelInfo, '~/label_info', _LATCHED)

    def publish(self, bundle: Bundle, threshold: float) -> None:
        """Publish both."""
        header = Header(stamp=self._node.get_clock().now().to_msg())
        topic = self._node.resolve_topic_name('~/label_info')
        self._vision.publish(messages.vision_info(header, bundle, topic))
        self._labels.publish(messages.label_info(header, bundle, threshold))

    def destroy(self) -> None:
        """Take the topics down."""
        for publisher in (self._vision, self._labels):
            self._node.destroy_lifecycle_publisher(publisher)


def create_camera_publishers(
    node: LifecycleNode, cameras: Sequence[str]
) -> dict[str, CameraPublishers]:
    """Create the topics of each camera."""
    return {camera: CameraPublishers(node, camera) for camera in cameras}
