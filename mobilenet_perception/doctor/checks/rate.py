# SPDX-License-Identifier: Apache-2.0
"""How often frames come: as often as expected, evenly, and without long pauses."""

from collections.abc import Iterator

from mobilenet_perception.bag_info.rate import LONG_PERIODS
from mobilenet_perception.doctor.facts import GraphFacts, Heard, TopicFacts
from mobilenet_perception.doctor.finding import Finding, wrong

_ENOUGH = 10
_UNEVEN = 0.1
_SLOWER = 0.9


def check_rate(facts: GraphFacts) -> Iterator[Finding]:
    """Look at the rate of each topic."""
    for topic in facts.topics:
        if topic.heard is None:
            continue
        yield from _rate(topic, topic.heard, facts.asked.expected_hz)


def _rate(topic: TopicFacts, heard: Heard, expected_hz: float | None) -> Iterator[Finding]:
    if expected_hz is not None and heard.messages and heard.mean_hz < _SLOWER * expected_hz:
        yield wrong(
            'rate', topic.name,
            f'frames come at {heard.mean_hz:.1f} Hz, where {expected_hz:g} Hz are expected',
            "look at the driver's frame rate, its exposure time, and the bandwidth of its bus",
        )  # fmt: skip
    rate = heard.rate
    if rate is None:
        return
    timeout_ms = timeout_of(topic)
    if rate.stale_gaps:
        yield wrong(
            'gaps', topic.name,
            f'no frame for {rate.longest_gap_s:.2f} s: in {rate.stale_gaps} gaps decisions go '
            f'stale, after {timeout_ms:g} ms',
            'find out why the camera pauses, or raise decision_timeout_ms',
        )  # fmt: skip
    # Of best effort it is not known whether a frame was lost or never sent: see loss.
    if heard.reliable and heard.messages >= _ENOUGH and rate.long_gaps > _UNEVEN * heard.messages:
        yield wrong(
            'uneven', topic.name,
            f'{rate.long_gaps} of {heard.messages} frames come more than {LONG_PERIODS:g} periods '
            f'after the one before (of {1e3 / rate.median_hz:.0f} ms): the camera skips frames',
            'give the driver more of the processor or of its bus, or a fixed exposure time',
        )  # fmt: skip


def timeout_of(topic: TopicFacts) -> float:
    """Return the age from which decisions are stale, in milliseconds; without node: never."""
    return float(topic.node.value('decision_timeout_ms')) if topic.node else float('inf')
