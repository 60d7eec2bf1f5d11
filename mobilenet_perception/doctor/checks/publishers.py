# SPDX-License-Identifier: Apache-2.0
"""Who publishes a camera topic: somebody, one only, and the type of message that is wanted."""

import difflib
from collections.abc import Iterator

from mobilenet_perception.bags.reader import COMPRESSED, IMAGE
from mobilenet_perception.doctor.checks.discovery import hidden_processes
from mobilenet_perception.doctor.facts import GraphFacts, TopicFacts
from mobilenet_perception.doctor.finding import Finding, wrong

_TRANSPORTS = {IMAGE: 'raw', COMPRESSED: 'compressed'}
_MOST_NAMED = 5


def check_publishers(facts: GraphFacts) -> Iterator[Finding]:
    """Look at the publishers of each topic."""
    for topic in facts.topics:
        if not topic.publishers:
            cure = f'start the camera{_elsewhere(facts, topic)}'
            yield wrong('no_publisher', topic.name, 'nobody publishes it', cure)
            continue
        yield from _types(facts, topic)
        if len(topic.publishers) > 1:
            names = ', '.join(sorted(publisher.node for publisher in topic.publishers))
            yield wrong(
                'two_publishers', topic.name,
                f'{len(topic.publishers)} publishers mix their frames on it: {names}',
                'end all but one, or give each a topic of its own: --ros-args -r '
                f'{topic.name}:=/other/image_raw',
            )  # fmt: skip


def _types(facts: GraphFacts, topic: TopicFacts) -> Iterator[Finding]:
    wanted = (topic.wanted_type,) if topic.wanted_type else tuple(_TRANSPORTS)
    for publisher in topic.publishers:
        kind = publisher.message_type
        if kind in wanted:
            continue
        listens = f', and {topic.node.name} listens for {wanted[0]}' if topic.node else ''
        if kind in _TRANSPORTS and topic.camera:
            cure = (
                f'start the node with -p {topic.camera}.image_transport:={_TRANSPORTS[kind]}, or '
                'remap the publisher to another topic'
            )
        else:
            cure = f'this is no camera topic{_elsewhere(facts, topic)}'
        yield wrong(
            'message_type', topic.name, f'{publisher.node} publishes it as {kind}{listens}', cure
        )


def _elsewhere(facts: GraphFacts, topic: TopicFacts) -> str:
    """Say where else frames may be, as the end of a sentence."""
    kinds = (topic.wanted_type,) if topic.wanted_type else tuple(_TRANSPORTS)
    others = [
        name
        for name, kind in sorted(facts.image_topics.items())
        if kind in kinds and name != topic.name
    ]
    near = difflib.get_close_matches(topic.name, others, n=_MOST_NAMED, cutoff=0.0)
    ends = []
    if near and topic.camera:
        ends.append(f', or set {topic.camera}.image_topic to a topic that is published: ')
        ends.append(', '.join(near))
    elif near:
        ends.append(f'; published are {", ".join(near)}')
    if hidden := hidden_processes(facts):
        ends.append(f'; not seen from here are {hidden}')
    return ''.join(ends)
