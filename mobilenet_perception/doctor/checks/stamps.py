# SPDX-License-Identifier: Apache-2.0
"""Capture stamps: set, of the same clock as the node's, in order."""

from collections.abc import Iterator

from mobilenet_perception.bag_info.stamps import Stamps
from mobilenet_perception.doctor.facts import GraphFacts, TopicFacts
from mobilenet_perception.doctor.finding import Finding, Level, told, wrong

# A single frame may be held up on its way.
_MANY = 0.1


def check_stamps(facts: GraphFacts) -> Iterator[Finding]:
    """Judge the stamps of each topic by the node's own rules."""
    for topic in facts.topics:
        if topic.heard is None or topic.heard.stamps is None:
            continue
        messages, stamps = topic.heard.messages, topic.heard.stamps
        if stamps.not_believed > _MANY * messages:
            yield _not_believed(topic, messages, stamps)
        if len(topic.publishers) > 1:
            continue  # mixed, their stamps are in no order
        if stamps.backward:
            yield wrong(
                'stamps_backward', topic.name, f'stamps go back {stamps.backward} times',
                'end the bag that loops, or have the driver stamp in order: a jump clears '
                'decisions',
            )  # fmt: skip
        if stamps.repeated > _MANY * messages:
            yield wrong(
                'stamps_repeated', topic.name,
                f'{stamps.repeated} of {messages} frames repeat the stamp of the one before',
                'have the driver stamp each frame when it is captured',
            )  # fmt: skip


def _not_believed(topic: TopicFacts, messages: int, stamps: Stamps) -> Finding:
    assert topic.heard is not None
    age_ms = topic.heard.simulated_age_ms
    simulated = topic.node.simulated if topic.node else False
    if age_ms is not None and abs(age_ms) < 10_000.0 and not simulated and not stamps.zero:
        return wrong(
            'stamps',
            topic.name,
            'its stamps are simulation time, which the node does not use',
            f'start {topic.node.name if topic.node else "the node"} with -p use_sim_time:=true',
        )
    found = told(Level.WRONG, 'stamps', topic.name, stamps.trouble)
    where = [item.node for item in topic.publishers if item.elsewhere]
    if where and stamps.zero < messages:
        cure = f'{found.cure}; {where[0]} is on another machine, with a clock of its own'
        return found._replace(cure=cure)
    return found
