# SPDX-License-Identifier: Apache-2.0
"""Frames that do not come though they are published, or that come here and not to the node."""

from collections.abc import Iterator

from mobilenet_perception.bags.reader import COMPRESSED, IMAGE
from mobilenet_perception.doctor.checks.qos import mismatches
from mobilenet_perception.doctor.facts import GraphFacts, TopicFacts
from mobilenet_perception.doctor.finding import Finding, fine, wrong

# Fewer may have come before the node had found the camera.
_FEW = 20


def check_silence(facts: GraphFacts) -> Iterator[Finding]:
    """Compare who publishes with what came."""
    for topic in facts.topics:
        if not any(item.message_type in (IMAGE, COMPRESSED) for item in topic.publishers):
            continue
        heard = topic.heard
        if heard is None or not heard.messages:
            yield _silent(topic, facts.seconds)
            continue
        if _is_deaf(topic):
            assert topic.node is not None
            yield wrong(
                'node_hears_nothing', topic.name,
                f'{heard.messages} frames came here, and {topic.node.name} has heard none',
                'restart the node; if it is on another machine, let the firewall pass UDP',
            )  # fmt: skip
        ages = heard.stamps.ages_ms if heard.stamps else None
        age = f', {ages.median:.0f} ms old on arrival' if ages else ''
        looks = ', '.join((*heard.sizes, *heard.encodings))
        yield fine(
            'frames', topic.name,
            f'{heard.messages} frames came ({heard.mean_hz:.1f} Hz), {looks}{age}',
        )  # fmt: skip


def _silent(topic: TopicFacts, seconds: float) -> Finding:
    names = ', '.join(sorted({publisher.node for publisher in topic.publishers}))
    if any(publisher.elsewhere for publisher in topic.publishers):
        cure = (
            f'{names} is on another machine: let the firewall pass UDP from there, and look '
            'whether large messages get through (ros2 topic hz)'
        )
    else:
        cure = (
            f'look whether {names} is paused or waits for its camera; raw images above 0.5 MB '
            'need config/fastdds_large_images.xml in its environment'
        )
    return wrong(
        'silence', topic.name, f'{names} publishes it, but no frame came in {seconds:g} s', cure
    )


def _is_deaf(topic: TopicFacts) -> bool:
    node, heard = topic.node, topic.heard
    if node is None or node.state != 'active' or heard is None or heard.messages < _FEW:
        return False
    # Where its QoS or its type does not match, that is said already.
    matching = any(
        subscriber.node == node.name
        and publisher.message_type == subscriber.message_type
        and not mismatches(publisher, subscriber)
        for publisher in topic.publishers
        for subscriber in topic.subscribers
    )
    return matching and bool(topic.camera) and topic.camera not in node.records
