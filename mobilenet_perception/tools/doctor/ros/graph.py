# SPDX-License-Identifier: Apache-2.0
"""The ROS graph, as far as it concerns cameras and classifiers, and what these are to hear."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, ReliabilityPolicy

from mobilenet_perception.recordings.reader import COMPRESSED, IMAGE
from mobilenet_perception.tools.doctor.facts import (
    BEST_EFFORT,
    RELIABLE,
    TRANSIENT_LOCAL,
    VOLATILE,
    Endpoint,
)
from mobilenet_perception.tools.doctor.processes import RosProcess

IMAGE_TYPES = (IMAGE, COMPRESSED)
NODE = 'classifier'
_VISION_INFO = 'vision_msgs/msg/VisionInfo'
# The first bytes of every GUID that Fast DDS gives: its vendor number (RTPS specification).
_FAST_DDS = [1, 15]


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
        own = tuple(f'{name}/' for name in apart_from)
        found = {}
        for topic, types in self._node.get_topic_names_and_types():
            kinds = [kind for kind in types if kind in IMAGE_TYPES]
            if kinds and not topic.startswith(own) and self._node.count_publishers(topic):
                found[topic] = kinds[0]
        return found

    def subscribed_images(self, full_name: str) -> list[str]:
        """Return the camera topics that a node listens to."""
        namespace, _, name = full_name.rpartition('/')
        try:
            found = self._node.get_subscriber_names_and_types_by_node(name, namespace or '/')
        except Exception:  # rclpy has another error for a node that is gone in each release
            return []
        return [topic for topic, types in found if set(types) & set(IMAGE_TYPES)]

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
        offered = info.qos_profile
        # By value: rclpy gives an equal object, not the same one.
        reliable = offered.reliability == ReliabilityPolicy.RELIABLE
        latched = offered.durability == DurabilityPolicy.TRANSIENT_LOCAL
        elsewhere, process = self._origin(list(info.endpoint_gid))
        return Endpoint(
            node=_full_name(info.node_name, info.node_namespace),
            message_type=info.topic_type,
            reliability=RELIABLE if reliable else BEST_EFFORT,
            durability=TRANSIENT_LOCAL if latched else VOLATILE,
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


class Subscription(NamedTuple):
    """A camera topic that a node is to hear.

    Attributes:
        node: the node's full name.
        camera: the camera's name in it; empty: not known.
        message_type: what it listens for; empty: not known.
    """

    node: str
    camera: str = ''
    message_type: str = ''


def wanted_topics(
    node: str, parameters: Mapping[str, Any], subscribed: Collection[str]
) -> dict[str, Subscription]:
    """Return what a node is to hear, by topic.

    Args:
        node: full name.
        parameters: by name; none: it did not tell.
        subscribed: camera topics that it listens to; none while it is not active. Where they are
            others than the parameters say, they were remapped.
    """
    found = {}
    for camera in parameters.get('cameras', ()):
        topic = _resolved(node, str(parameters.get(f'{camera}.image_topic', '')))
        compressed = parameters.get(f'{camera}.image_transport') == 'compressed'
        found[topic] = Subscription(node, camera, COMPRESSED if compressed else IMAGE)
    if not subscribed:
        return found
    missing = [topic for topic in found if topic not in subscribed]
    others = sorted(set(subscribed) - set(found))
    if len(missing) == len(others):
        for old, new in zip(missing, others, strict=True):
            found[new] = found.pop(old)
    return {topic: found.get(topic, Subscription(node)) for topic in sorted({*found, *subscribed})}


def _resolved(node: str, topic: str) -> str:
    namespace = node.rpartition('/')[0]
    if topic.startswith('~/'):
        return f'{node}/{topic[2:]}'
    return topic if topic.startswith('/') else f'{namespace}/{topic}'
