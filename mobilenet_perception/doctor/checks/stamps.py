# SPDX-License-Identifier: Apache-2.0
"""Capture stamps: set, of the same clock as the node's, young enough, in order."""

from collections.abc import Iterator

from mobilenet_perception.bag_info.stamps import Stamps
from mobilenet_perception.doctor.facts import GraphFacts, TopicFacts
from mobilenet_perception.doctor.finding import Finding, Level, told, wrong

# A single frame may be held up on its way.
_MANY = 0.1
_MOST = 0.5


def check_stamps(facts: GraphFacts) -> Iterator[Finding]:
    """Judge the stamps of each topic by the node's own rules."""
    for topic in facts.topics:
        if topic.heard is None or topic.heard.stamps is None:
            continue
        messages, stamps = topic.heard.messages, topic.heard.stamps
        if stamps.not_believed > _MANY * messages:
            yield _not_believed(topic, messages, stamps)
        if stamps.over_budget > _MOST * messages:
            budget_ms = budget_of(topic)
            age = f'{stamps.ages_ms.median:.0f} ms' if stamps.ages_ms else 'too'
            yield wrong(
                'old_frames', topic.name,
                f'{stamps.over_budget} of {messages} frames are as old as the budget of '
                f'{budget_ms:g} ms when they come ({age}), and expire',
                'synchronise the clocks (chrony, PTP); if the camera stamps early, set '
                'budget_reference to receipt; otherwise raise latency_budget_ms',
            )  # fmt: skip
        if stamps.backward:
            yield wrong(
                'stamps_backward', topic.name, f'stamps go back {stamps.backward} times',
                'end the second publisher, or the bag that loops: each jump clears decisions',
            )  # fmt: skip
        if stamps.repeated > _MANY * messages:
            yield wrong(
                'stamps_repeated', topic.name,
                f'{stamps.repeated} of {messages} frames repeat the stamp of the one before',
                'have the driver stamp each frame when it is captured',
            )  # fmt: skip


def budget_of(topic: TopicFacts) -> float:
    """Return the budget of a topic's frames, in milliseconds."""
    if topic.node is None:
        return 0.0
    own = topic.node.parameters.get(f'{topic.camera}.latency_budget_ms')
    return float(own or topic.node.value('latency_budget_ms'))


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
