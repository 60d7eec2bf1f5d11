# SPDX-License-Identifier: Apache-2.0
"""Topics of a camera with regions: a detector's or a map's boxes in; what each thing is, out."""

from collections.abc import Callable, Sequence
from copy import copy

from diagnostic_msgs.msg import DiagnosticArray
from rclpy import qos
from rclpy.lifecycle import LifecycleNode
from rclpy.node import Node
from rclpy.qos_overriding_options import QoSOverridingOptions
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray

from mobilenet_perception.frames.boxes import boxes
from mobilenet_perception.pipeline.decision import STALE
from mobilenet_perception.pipeline.pipeline import Pipeline
from mobilenet_perception.pipeline.region_decisions import ThingDecision
from mobilenet_perception.pipeline.regions import RegionRules, Regions, choose_regions
from mobilenet_perception.pipeline.result import Result
from mobilenet_perception.pipeline.timing import Outcome
from mobilenet_perception.ros import messages
from mobilenet_perception.ros.classifier.topics import TIMING_DEPTH, LastDecision, is_heard

# Best effort hears every publisher; a few, since a frame wants those of its own stamp.
_REGIONS = qos.QoSProfile(
    history=qos.HistoryPolicy.KEEP_LAST, depth=5, reliability=qos.ReliabilityPolicy.BEST_EFFORT
)


class RegionSubscription:
    """The subscription to a camera's regions.

    Args:
        node: subscribes.
        topic: of `vision_msgs/Detection2DArray`.
        rules: which of the boxes to look at.
        callback: takes the regions of each message.
    """

    def __init__(
        self, node: Node, topic: str, rules: RegionRules, callback: Callable[[Regions], None]
    ) -> None:
        def take(message: Detection2DArray) -> None:
            stamp_ns = messages.stamp_ns(message.header)
            callback(choose_regions(boxes(message), stamp_ns, rules))

        self._node = node
        self._subscription = node.create_subscription(
            Detection2DArray,
            topic,
            take,
            copy(_REGIONS),
            qos_overriding_options=QoSOverridingOptions.with_default_policies(),
        )

    @property
    def topic(self) -> str:
        """The full name of its topic."""
        return str(self._subscription.topic_name)

    def silence(self) -> str:
        """Say that nobody publishes regions; empty when somebody does."""
        if self._node.count_publishers(self.topic):
            return ''
        return f'nobody publishes regions on {self.topic}: start what finds them'

    def destroy(self) -> None:
        """End it."""
        self._node.destroy_subscription(self._subscription)


class RegionPublishers:
    """Topics of one camera with regions: labels and decisions by id, and the timing of frames.

    Its methods may be called from any thread.

    Args:
        node: publishes them.
        camera: the camera's name.
    """

    def __init__(self, node: LifecycleNode, camera: str) -> None:
        create = node.create_lifecycle_publisher
        self._node = node
        self._detections = create(Detection2DArray, f'~/{camera}/detections', 10)
        self._decisions = create(Detection2DArray, f'~/{camera}/decisions', 10)
        self._timing = create(DiagnosticArray, f'~/{camera}/timing', TIMING_DEPTH)
        self._frame_status = messages.status_name(node, f'{camera}: frame')
        self._camera = camera
        self._last = LastDecision()
        self._frame_id = ''

    def publish(self, result: Result, publish_late: bool, steady_ns: int) -> None:
        """Publish how a frame ended: the planner's news first, timing last."""
        self._frame_id = result.header.frame_id
        record = result.record
        in_time = record.outcome is Outcome.ON_TIME or publish_late
        if in_time and record.regions is not None and is_heard(self._detections):
            self._detections.publish(messages.detections(result.header, result.regions))
        self._publish_decisions(result.things, steady_ns)
        if is_heard(self._timing):
            self._timing.publish(messages.timing(result.header, record, self._frame_status))

    def publish_due(self, pipeline: Pipeline, steady_ns: int, period_ns: int) -> None:
        """Publish the decisions if one has gone stale, or the last were published a period ago."""
        things = pipeline.things(self._camera)
        if self._last.is_due(_stale(things), steady_ns, period_ns):
            self._publish_decisions(things, steady_ns)

    def destroy(self) -> None:
        """Take the topics down."""
        for publisher in (self._detections, self._decisions, self._timing):
            self._node.destroy_lifecycle_publisher(publisher)

    def _publish_decisions(self, things: Sequence[ThingDecision], steady_ns: int) -> None:
        header = Header(stamp=self._node.get_clock().now().to_msg(), frame_id=self._frame_id)
        self._last.record(_stale(things), steady_ns)
        self._decisions.publish(messages.thing_decisions(header, things))


def _stale(things: Sequence[ThingDecision]) -> frozenset[str]:
    return frozenset(thing.id for thing in things if thing.decision.label == STALE)
