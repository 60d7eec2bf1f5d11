# SPDX-License-Identifier: Apache-2.0
"""Topics of the classifier: the cameras' images in; labels, decisions, timing and overlays out."""

import array
import threading
from collections.abc import Callable
from copy import copy
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from rclpy import qos
from rclpy.lifecycle import LifecycleNode
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos_overriding_options import QoSOverridingOptions
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header
from vision_msgs.msg import Classification, LabelInfo, VisionInfo

from mobilenet_perception.errors import FrameError
from mobilenet_perception.frames import decode
from mobilenet_perception.inference.bundle import Bundle
from mobilenet_perception.pipeline import input_trouble
from mobilenet_perception.pipeline.decision import STALE, Decision, ScoredLabel
from mobilenet_perception.pipeline.overlay import draw_overlay
from mobilenet_perception.pipeline.parameters import COMPRESSED_SUFFIX, transport_topic
from mobilenet_perception.pipeline.pipeline import Pipeline
from mobilenet_perception.pipeline.result import Result
from mobilenet_perception.pipeline.timing import Outcome
from mobilenet_perception.ros import messages
from mobilenet_perception.ros.losses import subscribe_counting
from mobilenet_perception.ros.qos import incompatibility

_TYPES: dict[str, tuple[type, str]] = {
    'raw': (Image, 'sensor_msgs/msg/Image'),
    'compressed': (CompressedImage, 'sensor_msgs/msg/CompressedImage'),
}
# Sensor data, but only the newest: the pipeline would supersede any other.
_SENSOR_DATA = qos.QoSProfile(
    history=qos.HistoryPolicy.KEEP_LAST, depth=1, reliability=qos.ReliabilityPolicy.BEST_EFFORT
)
_OVERRIDABLE = (
    qos.QoSPolicyKind.HISTORY,
    qos.QoSPolicyKind.DEPTH,
    qos.QoSPolicyKind.RELIABILITY,
    qos.QoSPolicyKind.DURABILITY,
)
_LATCHED = qos.QoSProfile(depth=1, durability=qos.DurabilityPolicy.TRANSIENT_LOCAL)
# Deep enough that a reliable subscriber that stalls for a second misses no outcome.
TIMING_DEPTH = 100


class CameraSubscription:
    """The subscription to a camera's images.

    Args:
        node: subscribes.
        camera: the camera's name.
        topic: of its images, or the base topic of compressed ones: `<topic>/compressed` is then
            taken, as image_transport names it, and the topic itself only where that alone
            carries them.
        transport: `raw` or `compressed`.
        callback: takes each message.
        lost: takes how many more messages the middleware counts lost.

    Attributes:
        counts_losses: whether the middleware counts them.
    """

    def __init__(
        self,
        node: Node,
        camera: str,
        topic: str,
        transport: str,
        callback: Callable[[Any], None],
        lost: Callable[[int], None],
    ) -> None:
        self._node = node
        self._camera = camera
        self._kind, self._type = _TYPES[transport]
        self._callback, self._lost = callback, lost
        self._base = topic
        self._subscribe(transport_topic(topic, transport))
        self.follow()

    def _subscribe(self, topic: str) -> None:
        self._name = topic
        self._subscription, self.counts_losses = subscribe_counting(
            self._node,
            self._kind,
            topic,
            self._callback,
            # A copy: overrides are written into it.
            copy(_SENSOR_DATA),
            self._lost,
            qos_overriding_options=QoSOverridingOptions(_OVERRIDABLE),
        )

    def follow(self) -> None:
        """Take the base topic where compressed images are published there, and only there."""
        if self._name == self._base or self._node.count_publishers(self.topic):
            return
        base = self._node.resolve_topic_name(self._base)
        types = {info.topic_type for info in self._node.get_publishers_info_by_topic(base)}
        if types != {self._type}:
            return
        self._node.get_logger().info(
            f'camera {self._camera}: nobody publishes {self.topic}; {base} carries its images'
        )
        old = self._subscription
        self._subscribe(self._base)
        self._node.destroy_subscription(old)

    @property
    def topic(self) -> str:
        """The full name of its topic."""
        return str(self._subscription.topic_name)

    def silence(self) -> str:
        """Say why no frame has come."""
        requested = self._subscription.qos_profile
        publishers = [
            input_trouble.Publisher(
                info.node_name, info.topic_type, incompatibility(info.qos_profile, requested)
            )
            for info in self._node.get_publishers_info_by_topic(self.topic)
        ]
        parameter = f'{self._camera}.image_topic'
        has_compressed = bool(self._node.count_publishers(self.topic + COMPRESSED_SUFFIX))
        return input_trouble.silence(self.topic, self._type, parameter, publishers, has_compressed)

    def destroy(self) -> None:
        """End it."""
        self._node.destroy_subscription(self._subscription)


def is_heard(publisher: Publisher) -> bool:
    """Say whether anybody subscribes: a message for nobody need not be made.

    Decisions and diagnostics are made always, for a planner may come to hear of them in the midst.
    """
    return bool(publisher.get_subscription_count())


class LastDecision:
    """When decisions were published last, and which of them were stale. Used by any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._published_ns = 0
        self._stale: frozenset[str] = frozenset()

    def record(self, stale: frozenset[str], steady_ns: int) -> None:
        """Note decisions as they are published, by the names of those that are stale."""
        with self._lock:
            self._published_ns, self._stale = steady_ns, stale

    def is_due(self, stale: frozenset[str], steady_ns: int, period_ns: int) -> bool:
        """Say whether one has gone stale, or the last were published a period ago."""
        with self._lock:
            gone_stale = bool(stale - self._stale)
            return gone_stale or steady_ns - self._published_ns >= period_ns


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
        self._timing = create(DiagnosticArray, f'~/{camera}/timing', TIMING_DEPTH)
        self._camera = camera
        self._last = LastDecision()
        self._frame_id = ''
        self._frame_status = messages.status_name(node, f'{camera}: frame')

    def publish(self, result: Result, publish_late: bool, steady_ns: int) -> None:
        """Publish how a frame ended: the planner's news first, timing last."""
        header = result.header
        outcome = result.record.outcome
        in_time = outcome is Outcome.ON_TIME or publish_late
        if in_time and result.top and is_heard(self._classification):
            self._classification.publish(messages.classification(header, result.top))
        self._frame_id = header.frame_id
        self._publish_decision(result.decision, steady_ns)
        if is_heard(self._timing):
            self._timing.publish(messages.timing(header, result.record, self._frame_status))

    def publish_due(self, pipeline: Pipeline, steady_ns: int, period_ns: int) -> None:
        """Publish the decision if it has gone stale, or the last was published a period ago."""
        decision = pipeline.decision(self._camera)
        if self._last.is_due(self._stale(decision), steady_ns, period_ns):
            self._publish_decision(decision, steady_ns)

    def destroy(self) -> None:
        """Take the topics down."""
        for publisher in (self._classification, self._decision, self._timing):
            self._node.destroy_lifecycle_publisher(publisher)

    def _publish_decision(self, decision: Decision, steady_ns: int) -> None:
        # Under the stamp of the frame that it rests on; a stale one as of now.
        stamp = (
            self._node.get_clock().now().to_msg()
            if decision.stamp_ns is None
            else messages.time_message(decision.stamp_ns)
        )
        header = Header(stamp=stamp, frame_id=self._frame_id)
        self._last.record(self._stale(decision), steady_ns)
        scored = ScoredLabel(decision.label, decision.score)
        self._decision.publish(messages.classification(header, [scored]))

    def _stale(self, decision: Decision) -> frozenset[str]:
        return frozenset([self._camera] if decision.label == STALE else [])


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


class OverlayPublishers:
    """`~/<camera>/overlay`: drawn only while someone looks on, and never in the way of a frame.

    The newest result of each camera is drawn, in a thread of its own.

    Args:
        node: publishes them.
        cameras: names.
    """

    def __init__(self, node: LifecycleNode, cameras: list[str]) -> None:
        self._node = node
        self._publishers = {
            camera: node.create_lifecycle_publisher(Image, f'~/{camera}/overlay', 1)
            for camera in cameras
        }
        self._changed = threading.Condition()
        self._newest: dict[str, Result] = {}
        self._running = True
        self._thread: threading.Thread | None = None

    def publish(self, result: Result) -> None:
        """Draw a result, unless a newer one comes first or nobody looks on."""
        camera = result.record.camera
        if result.record.outcome is Outcome.SUPERSEDED or not is_heard(self._publishers[camera]):
            return
        with self._changed:
            self._newest[camera] = result
            self._changed.notify()
            if self._thread is None:
                self._thread = threading.Thread(target=self._draw, name='overlays', daemon=True)
                self._thread.start()

    def destroy(self) -> None:
        """End the thread and take the topics down."""
        with self._changed:
            self._running = False
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()
        for publisher in self._publishers.values():
            self._node.destroy_lifecycle_publisher(publisher)

    def _draw(self) -> None:
        while True:
            with self._changed:
                while self._running and not self._newest:
                    self._changed.wait()
                if not self._running:
                    return
                camera, result = self._newest.popitem()
            try:
                self._publishers[camera].publish(_overlay(result))
            except FrameError:
                continue  # a rejected frame has no picture to draw on
            except Exception as error:  # the context may be gone
                if self._node.context.ok():
                    self._node.get_logger().error(
                        f'an overlay could not be drawn: {error}', throttle_duration_sec=5.0
                    )


def _overlay(result: Result) -> Image:
    frame = decode(result.message, significant_bits=result.significant_bits)
    label = result.top[0].label if result.top else ''
    drawn = draw_overlay(
        frame.rgb(), result.roi, result.decision, result.record, label, result.things
    )
    height, width = drawn.shape[:2]
    return Image(
        header=result.header,
        height=height,
        width=width,
        encoding='rgb8',
        step=3 * width,
        data=array.array('B', drawn.tobytes()),
    )
