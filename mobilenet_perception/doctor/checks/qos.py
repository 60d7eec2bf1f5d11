# SPDX-License-Identifier: Apache-2.0
"""Quality of service that cannot match: a publisher that offers less than a subscriber asks for.

Source: the ROS 2 documentation, About Quality of Service settings, QoS compatibilities.
"""

from collections.abc import Iterator

from mobilenet_perception.doctor.facts import (
    BEST_EFFORT,
    RELIABLE,
    TRANSIENT_LOCAL,
    VOLATILE,
    Endpoint,
    GraphFacts,
    TopicFacts,
)
from mobilenet_perception.doctor.finding import Finding, wrong

# By policy: what is offered and what is asked for, where the two do not match.
_MISMATCHES = {
    'reliability': (BEST_EFFORT, RELIABLE),
    'durability': (VOLATILE, TRANSIENT_LOCAL),
}


def check_qos(facts: GraphFacts) -> Iterator[Finding]:
    """Compare each publisher with each subscriber of a topic."""
    for topic in facts.topics:
        for publisher in topic.publishers:
            for subscriber in topic.subscribers:
                yield from _pair(topic, publisher, subscriber)


def mismatches(publisher: Endpoint, subscriber: Endpoint) -> list[str]:
    """Return the policies by which no message gets from one to the other."""
    return [
        policy
        for policy, (offered, asked) in _MISMATCHES.items()
        if getattr(publisher, policy) == offered and getattr(subscriber, policy) == asked
    ]


def _pair(topic: TopicFacts, publisher: Endpoint, subscriber: Endpoint) -> Iterator[Finding]:
    for policy in mismatches(publisher, subscriber):
        offered, asked = _MISMATCHES[policy]
        what = (
            f'{publisher.node} offers {policy} {offered} and {subscriber.node} asks for {asked}: '
            'no frame gets through'
        )
        if topic.node and subscriber.node == topic.node.name:
            parameter = f'qos_overrides.{topic.name}.subscription.{policy}'
            cure = f'start {subscriber.node} with -p {parameter}:={offered}, or leave it unset'
        else:
            cure = f'have {subscriber.node} ask for {offered}, or {publisher.node} offer {asked}'
        yield wrong(f'qos_{policy}', topic.name, what, cure)
