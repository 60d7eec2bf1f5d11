# SPDX-License-Identifier: Apache-2.0
"""Watching a running graph for a while: who is there, and what each classifier is to hear.

Every wait has an end.
"""

import math
import os
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.utilities import get_rmw_implementation_identifier
from rosgraph_msgs.msg import Clock

from mobilenet_perception.frames.messages import to_nanoseconds
from mobilenet_perception.pipeline.clock_ticks import ClockTicks
from mobilenet_perception.pipeline.parameters import NODE_PARAMETERS
from mobilenet_perception.ros.environment import profile_variable
from mobilenet_perception.ros.process import joined_ros, spin_once
from mobilenet_perception.ros.qos import RELIABLE, policies
from mobilenet_perception.tools.doctor import facts
from mobilenet_perception.tools.doctor.facts import (
    BOXES,
    Endpoint,
    GraphFacts,
    NodeFacts,
    RegionTopicFacts,
    TopicFacts,
)
from mobilenet_perception.tools.doctor.processes import RosProcess, ros_processes, this_process
from mobilenet_perception.tools.doctor.ros.listeners import CameraListener, NodeListener, Rules
from mobilenet_perception.tools.doctor.subscriptions import (
    IMAGE_TYPES,
    RegionSubscription,
    Subscription,
    wanted_regions,
    wanted_topics,
)

if TYPE_CHECKING:
    from mobilenet_perception.tools.doctor.ros.region_listener import RegionListener

NODE = 'classifier'
_VISION_INFO = 'vision_msgs/msg/VisionInfo'
# The first bytes of every GUID that Fast DDS gives: its vendor number (RTPS specification).
_FAST_DDS = [1, 15]
# Discovery takes up to seconds; what is found then may not be all yet.
_DISCOVERY_S = 5.0
_SETTLE_S = 1.0
_POLL_S = 0.25
# More cameras at a time would be more than this process can listen to.
_MOST_TOPICS = 8


@contextmanager
def open_watch(query: facts.Query) -> Iterator['Watch']:
    """Join the graph of this process's ROS domain; leave it with the context."""
    with joined_ros(), closing(Watch(query)) as watch:
        yield watch


class Watch:
    """Looks at the graph of this process's ROS domain.

    Args:
        query: what to look at.
    """

    def __init__(self, query: facts.Query) -> None:
        self._query = query
        self._node = rclpy.create_node(f'doctor_{os.getpid()}')
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self._node)
        self._processes = tuple(ros_processes())
        self._graph = Graph(self._node, self._processes)
        self._nodes: dict[str, NodeListener] = {}
        self._cameras: dict[str, CameraListener] = {}
        self._regions: dict[RegionSubscription, RegionListener] = {}
        self._left_out: set[str] = set()
        self._clock_ns: int | None = None
        self._ticks = 0
        self._clock = ClockTicks()
        self._looking_since = time.monotonic()
        self._node.create_subscription(DiagnosticArray, '/diagnostics', self._diagnostics, 10)
        self._clock_subscription = None

    def discover(self) -> None:
        """Wait until the others are found, for a few seconds at most."""
        end = time.monotonic() + _DISCOVERY_S
        complete_at = None
        while (now := time.monotonic()) < end:
            complete_at = complete_at or (now if self._is_complete() else None)
            if complete_at and now > complete_at + _SETTLE_S:
                return
            spin_once(self._executor, 0.1)

    def look(self, seconds: float, notify: Callable[[float], None]) -> None:
        """Listen for so long; `notify` is told a few times a second how many seconds are left."""
        self._looking_since = time.monotonic()
        end = self._looking_since + seconds
        due = 0.0
        while (left := end - time.monotonic()) > 0:
            if time.monotonic() >= due:
                due = time.monotonic() + _POLL_S
                self._poll()
                notify(left)
            spin_once(self._executor, min(left, _POLL_S))

    def facts(self) -> GraphFacts:
        """Return what there is to know up to now."""
        counts = self._graph.classifiers(self._query.nodes)
        elsewhere = {item.node: item.elsewhere for item in self._graph.publishers('/diagnostics')}
        nodes = {
            name: listener.facts(max(1, counts[name]), elsewhere.get(name))
            for name, listener in self._nodes.items()
        }
        return GraphFacts(
            seconds=round(time.monotonic() - self._looking_since, 1),
            domain=int(os.environ.get('ROS_DOMAIN_ID') or 0),
            middleware=get_rmw_implementation_identifier(),
            profile_variable=profile_variable(),
            query=self._query,
            nodes=tuple(nodes.values()),
            topics=tuple(self._topic(name, item, nodes) for name, item in self._wanted().items()),
            image_topics=self._graph.image_topics(nodes),
            left_out=tuple(sorted(self._left_out - self._cameras.keys())),
            clock_publishers=self._node.count_publishers('/clock'),
            clock_ticks=self._ticks,
            processes=self._processes,
            ours=this_process(),
            clock_step_ms=self._clock.step_ms,
            clock_hz=self._clock.per_s,
            regions=tuple(self._region_topic(item, nodes) for item in self._wanted_regions()),
            box_topics=tuple(self._graph.topics((BOXES,), nodes)),
        )

    def close(self) -> None:
        """Leave."""
        self._executor.shutdown(timeout_sec=1.0)
        self._node.destroy_node()

    def _is_complete(self) -> bool:
        nodes = self._graph.classifiers(self._query.nodes)
        topics = self._graph.image_topics(nodes)
        if self._query.nodes or self._query.topics:
            return nodes.keys() >= set(self._query.nodes) and all(
                self._node.count_publishers(topic) for topic in self._query.topics
            )
        return bool(nodes or topics)

    def _poll(self) -> None:
        for name in self._graph.classifiers(self._query.nodes):
            if name not in self._nodes:
                self._nodes[name] = NodeListener(self._node, name)
        for name, listener in self._nodes.items():
            listener.poll(self._graph.timing_topics(name))
        if self._clock_subscription is None and self._node.count_publishers('/clock'):
            qos = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
            self._clock_subscription = self._node.create_subscription(
                Clock, '/clock', self._tick, qos
            )
        for topic, wanted in self._wanted().items():
            if topic not in self._cameras:
                self._listen(topic, wanted)
        for regions in self._wanted_regions():
            if regions not in self._regions:
                self._listen_to_regions(regions)

    def _wanted(self) -> dict[str, Subscription]:
        """Return the camera topics to look at."""
        found: dict[str, Subscription] = {}
        for name, listener in self._nodes.items():
            subscribed = self._graph.subscribed(name, IMAGE_TYPES)
            found |= wanted_topics(name, listener.parameters, subscribed)
        if self._query.topics:
            return {topic: found.get(topic, Subscription('')) for topic in self._query.topics}
        if not self._nodes and not self._query.nodes:
            images = self._graph.image_topics(self._nodes)
            # A camera that publishes both is looked at once.
            alone = [name for name in images if name.rpartition('/compressed')[0] not in images]
            found = {topic: Subscription('') for topic in sorted(alone)[:_MOST_TOPICS]}
            self._left_out.update(set(alone) - set(found))
        return found

    def _listen(self, topic: str, wanted: Subscription) -> None:
        offers = [
            item for item in self._graph.publishers(topic) if item.message_type in IMAGE_TYPES
        ]
        if not offers:
            return
        kinds = [item.message_type for item in offers]
        kind = wanted.message_type if wanted.message_type in kinds else kinds[0]
        reliable = all(item.reliability == RELIABLE for item in offers)
        self._cameras[topic] = CameraListener(
            self._node, topic, kind, reliable, lambda: self._clock_ns
        )

    def _wanted_regions(self) -> list[RegionSubscription]:
        """Return the topics of regions to look at: those of the cameras that are looked at."""
        found = [
            item
            for name, listener in self._nodes.items()
            for item in wanted_regions(
                name,
                listener.parameters,
                self._graph.subscribed(name, IMAGE_TYPES),
                self._graph.subscribed(name, (BOXES,)),
            )
        ]
        asked = self._query.topics
        return [item for item in found if not asked or item.image_topic in asked]

    def _listen_to_regions(self, wanted: RegionSubscription) -> None:
        if not any(item.message_type == BOXES for item in self._graph.publishers(wanted.topic)):
            return
        # Where vision_msgs is missing, that is said of the machine.
        with suppress(ImportError):
            from mobilenet_perception.tools.doctor.ros.region_listener import (  # noqa: PLC0415
                RegionListener,
            )

            self._regions[wanted] = RegionListener(self._node, wanted.topic, wanted.rules)

    def _region_topic(
        self, wanted: RegionSubscription, nodes: Mapping[str, NodeFacts]
    ) -> RegionTopicFacts:
        node = nodes[wanted.node]
        frames, listener = self._cameras.get(wanted.image_topic), self._regions.get(wanted)
        sizes = tuple(frames.sizes()) if frames else ()
        arrivals = frames.arrivals() if frames else []
        budget_ms = _rules(node, wanted.camera, 0.0).latency_budget_ms
        return RegionTopicFacts(
            wanted.topic, node, wanted.camera, wanted.image_topic, wanted.rules,
            self._graph.publishers(wanted.topic), self._graph.subscribers(wanted.topic),
            None if listener is None else listener.heard(sizes, arrivals, budget_ms), sizes,
        )  # fmt: skip

    def _topic(
        self, name: str, wanted: Subscription, nodes: Mapping[str, NodeFacts]
    ) -> TopicFacts:
        node = nodes.get(wanted.node)
        listener = self._cameras.get(name)
        heard = (
            None
            if listener is None
            else listener.heard(_rules(node, wanted.camera, self._clock.step_ms))
        )
        return TopicFacts(
            name, self._graph.publishers(name), self._graph.subscribers(name), heard, node,
            wanted.camera, wanted.message_type,
        )  # fmt: skip

    def _diagnostics(self, message: DiagnosticArray) -> None:
        for listener in self._nodes.values():
            listener.hear(message)

    def _tick(self, message: Clock) -> None:
        self._ticks += 1
        self._clock_ns = to_nanoseconds(message.clock)
        self._clock.add(self._clock_ns, time.monotonic_ns())


def _rules(node: NodeFacts | None, camera: str, clock_step_ms: float) -> Rules:
    """Return what the frames of a node's camera are judged by."""
    if node is None:
        # Nothing has a budget then, and no decision goes stale.
        skew_ms = NODE_PARAMETERS['max_clock_skew_ms'].default
        return Rules(math.inf, skew_ms, math.inf, simulated=False)
    own_ms = node.parameters.get(f'{camera}.latency_budget_ms')
    return Rules(
        own_ms or node.value('latency_budget_ms'), node.value('max_clock_skew_ms'),
        node.value('decision_timeout_ms'), node.simulated,
        clock_step_ms if node.simulated else 0.0,
    )  # fmt: skip


class Graph:
    """What a node sees of the others.

    Args:
        node: looks.
        processes: of this machine, to know whose publishers are.
    """

    def __init__(self, node: Node, processes: Iterable[RosProcess]) -> None:
        self._node = node
        self._processes = {process.pid & 0xFFFF: process for process in processes}

    def classifiers(self, asked: Iterable[str]) -> Counter[str]:
        """Return how many nodes there are of each classifier's full name.

        Classifiers are the nodes asked for; where none is, those that are called so, and those
        that say what they classify with.
        """
        names = Counter(
            _full_name(*pair)
            for pair in self._node.get_node_names_and_namespaces()
            if pair[0] != self._node.get_name()
        )
        wanted = set(asked) or {name for name in names if name.endswith(f'/{NODE}')} | {
            topic.rpartition('/')[0]
            for topic, types in self._node.get_topic_names_and_types()
            if topic.endswith('/vision_info') and _VISION_INFO in types
        }
        return Counter({name: count for name, count in names.items() if name in wanted})

    def image_topics(self, apart_from: Iterable[str]) -> dict[str, str]:
        """Return types by name of camera topics that somebody publishes.

        Args:
            apart_from: full names of nodes whose own topics are left out.
        """
        return self.topics(IMAGE_TYPES, apart_from)

    def topics(self, wanted: Collection[str], apart_from: Iterable[str]) -> dict[str, str]:
        """Return types by name of topics of these types that somebody publishes.

        Args:
            wanted: message types.
            apart_from: full names of nodes whose own topics are left out.
        """
        own = tuple(f'{name}/' for name in apart_from)
        found = {}
        for topic, types in self._node.get_topic_names_and_types():
            kinds = [kind for kind in types if kind in wanted]
            if kinds and not topic.startswith(own) and self._node.count_publishers(topic):
                found[topic] = kinds[0]
        return found

    def subscribed(self, full_name: str, wanted: Collection[str]) -> list[str]:
        """Return the topics of these message types that a node listens to."""
        namespace, _, name = full_name.rpartition('/')
        try:
            found = self._node.get_subscriber_names_and_types_by_node(name, namespace or '/')
        except Exception:  # rclpy has another error for a node that is gone in each release
            return []
        return [topic for topic, types in found if set(types) & set(wanted)]

    def timing_topics(self, full_name: str) -> dict[str, str]:
        """Return the timing topics of a classifier, by camera."""
        found = {}
        for topic, _ in self._node.get_topic_names_and_types():
            if topic.startswith(f'{full_name}/') and topic.endswith('/timing'):
                found[topic.removeprefix(f'{full_name}/').removesuffix('/timing')] = topic
        return found

    def publishers(self, topic: str) -> tuple[Endpoint, ...]:
        """Return who publishes a topic."""
        return self._endpoints(self._node.get_publishers_info_by_topic(topic))

    def subscribers(self, topic: str) -> tuple[Endpoint, ...]:
        """Return who listens to a topic."""
        return self._endpoints(self._node.get_subscriptions_info_by_topic(topic))

    def _endpoints(self, infos: Iterable[Any]) -> tuple[Endpoint, ...]:
        own = self._node.get_name()
        return tuple(self._endpoint(info) for info in infos if info.node_name != own)

    def _endpoint(self, info: Any) -> Endpoint:
        offered = policies(info.qos_profile)
        elsewhere, process = self._origin(list(info.endpoint_gid))
        return Endpoint(
            node=_full_name(info.node_name, info.node_namespace),
            message_type=info.topic_type,
            reliability=offered.reliability,
            durability=offered.durability,
            elsewhere=elsewhere,
            process=process,
        )

    def _origin(self, gid: list[int]) -> tuple[bool | None, RosProcess | None]:
        """Return whether an endpoint is on another machine, and its process.

        Fast DDS puts into each GUID, after its vendor number, two bytes of the host and the lower
        two of the process's number (RTPSParticipantImpl, GuidPrefix).
        """
        ours = self._own_gid()
        if gid[:2] != _FAST_DDS or ours[:2] != _FAST_DDS:
            return None, None
        if gid[2:4] != ours[2:4]:
            return True, None
        return False, self._processes.get(gid[4] | gid[5] << 8)

    def _own_gid(self) -> list[int]:
        for info in self._node.get_publishers_info_by_topic('/rosout'):
            if info.node_name == self._node.get_name():
                return list(info.endpoint_gid)
        return []


def _full_name(name: str, namespace: str) -> str:
    return f'{namespace.rstrip("/")}/{name}'
