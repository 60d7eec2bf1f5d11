# SPDX-License-Identifier: Apache-2.0
"""Frames that get lost between the publisher's process and the node's."""

from collections.abc import Iterator

from mobilenet_perception import input_trouble
from mobilenet_perception.arrivals import ArrivalSummary
from mobilenet_perception.doctor.facts import GraphFacts, Heard, TopicFacts
from mobilenet_perception.doctor.finding import Finding, Level, told

# One frame or two may have come before the second listener was there.
_FEW = 3
_ENOUGH = 10


def check_loss(facts: GraphFacts) -> Iterator[Finding]:
    """Say how many frames get lost, and the cure."""
    for topic in facts.topics:
        # The frames of two publishers are in no order that a gap could be seen in.
        if topic.heard is None or len(topic.publishers) > 1:
            continue
        sentence = input_trouble.loss(topic.name, _arrivals(topic.heard))
        if not sentence:
            continue
        found = told(Level.WRONG, 'loss', topic.name, sentence)
        if started := _without_profile(facts, topic):
            found = found._replace(cure=f'{found.cure}; {started}')
        yield found


def _arrivals(heard: Heard) -> ArrivalSummary:
    """Return what the node hears, at most."""
    if not heard.reliable:
        return heard.arrivals
    lost = heard.compared - heard.best_effort
    # Who listens reliably hears all: what is missing there the camera has never sent.
    share = lost / heard.compared if heard.compared >= _ENOUGH and lost >= _FEW else 0.0
    return heard.arrivals._replace(lost_share=share)


def _without_profile(facts: GraphFacts, topic: TopicFacts) -> str:
    """Name publishers whose process was started without a profile; empty: none is known."""
    assert topic.heard is not None
    large = topic.heard.frame_bytes > input_trouble.SMALL_SEGMENT_BYTES
    names = [
        f'{item.process.name} (process {item.process.pid})'
        for item in topic.publishers
        if item.process and not item.process.variables.get(facts.profile_variable)
    ]
    if not names or not large:
        return ''
    return f'{", ".join(sorted(set(names)))} was started without {facts.profile_variable}'
