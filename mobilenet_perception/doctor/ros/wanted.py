# SPDX-License-Identifier: Apache-2.0
"""Which camera topics a classifier node is to hear, by its parameters and its subscriptions."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from mobilenet_perception.bags.reader import COMPRESSED, IMAGE


class Wanted(NamedTuple):
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
) -> dict[str, Wanted]:
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
        found[topic] = Wanted(node, camera, COMPRESSED if compressed else IMAGE)
    if not subscribed:
        return found
    missing = [topic for topic in found if topic not in subscribed]
    others = sorted(set(subscribed) - set(found))
    if len(missing) == len(others):
        for old, new in zip(missing, others, strict=True):
            found[new] = found.pop(old)
    return {topic: found.get(topic, Wanted(node)) for topic in sorted({*found, *subscribed})}


def _resolved(node: str, topic: str) -> str:
    namespace = node.rpartition('/')[0]
    if topic.startswith('~/'):
        return f'{node}/{topic[2:]}'
    return topic if topic.startswith('/') else f'{namespace}/{topic}'
