# SPDX-License-Identifier: Apache-2.0
"""Subscriptions that a classifier node should have, by its parameters and what it listens to."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from mobilenet_perception.pipeline.parameters import (
    camera_names,
    camera_parameters,
    region_rules,
    transport_topic,
)
from mobilenet_perception.pipeline.regions import RegionRules
from mobilenet_perception.recordings.cdr import COMPRESSED, IMAGE

IMAGE_TYPES = (IMAGE, COMPRESSED)


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


class RegionSubscription(NamedTuple):
    """A topic of regions that a node is to hear.

    Attributes:
        node: the node's full name.
        camera: the camera's name in it.
        topic: full name.
        image_topic: of the camera's images, full name.
        rules: which of the boxes it looks at.
    """

    node: str
    camera: str
    topic: str
    image_topic: str
    rules: RegionRules


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
    for camera in camera_names(parameters.get('cameras')):
        compressed = parameters.get(f'{camera}.image_transport') == 'compressed'
        topic = _image_topic(node, camera, parameters)
        found[topic] = Subscription(node, camera, COMPRESSED if compressed else IMAGE)
    if not subscribed:
        return found
    for old, new in _remapped(found, subscribed).items():
        found[new] = found.pop(old)
    return {topic: found.get(topic, Subscription(node)) for topic in sorted({*found, *subscribed})}


def wanted_regions(
    node: str,
    parameters: Mapping[str, Any],
    subscribed_images: Collection[str],
    subscribed_boxes: Collection[str],
) -> list[RegionSubscription]:
    """Return the topics of regions that a node is to hear; the arguments as in `wanted_topics`."""
    images = {
        camera: _image_topic(node, camera, parameters)
        for camera in camera_names(parameters.get('cameras'))
    }
    boxes = {
        camera: _resolved(node, str(parameters[f'{camera}.regions_topic']))
        for camera in images
        if parameters.get(f'{camera}.regions_topic')
    }
    new_images = _remapped(images.values(), subscribed_images)
    new_boxes = _remapped(boxes.values(), subscribed_boxes)
    found = []
    for camera, topic in boxes.items():
        defaults = {name: item.default for name, item in camera_parameters(camera).items()}
        rules = region_rules({**defaults, **parameters}, camera)
        assert rules is not None
        image = images[camera]
        found.append(
            RegionSubscription(
                node, camera, new_boxes.get(topic, topic), new_images.get(image, image), rules
            )
        )
    return found


def _image_topic(node: str, camera: str, parameters: Mapping[str, Any]) -> str:
    base = _resolved(node, str(parameters.get(f'{camera}.image_topic', '')))
    return transport_topic(base, str(parameters.get(f'{camera}.image_transport')))


def _remapped(topics: Iterable[str], subscribed: Collection[str]) -> dict[str, str]:
    """Return what topics were remapped to, as far as what a node listens to shows that."""
    wanted = dict.fromkeys(topics)
    missing = [topic for topic in wanted if topic not in subscribed]
    others = sorted(set(subscribed) - set(wanted))
    return dict(zip(missing, others, strict=True)) if len(missing) == len(others) else {}


def _resolved(node: str, topic: str) -> str:
    namespace = node.rpartition('/')[0]
    if topic.startswith('~/'):
        return f'{node}/{topic[2:]}'
    return topic if topic.startswith('/') else f'{namespace}/{topic}'
