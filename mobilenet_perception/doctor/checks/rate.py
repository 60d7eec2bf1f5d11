# SPDX-License-Identifier: Apache-2.0
"""How often frames come: as often as expected, evenly, and without long pauses."""

from collections.abc import Iterator

from mobilenet_perception.doctor.facts import GraphFacts, Heard, TopicFacts
from mobilenet_perception.doctor.finding import Finding, wrong

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
    if rate is not None and rate.stale_gaps:
        yield wrong(
            'gaps', topic.name,
            f'no frame for {rate.longest_gap_s:.2f} s: in {rate.stale_gaps} gaps decisions go '
            f'stale, after {timeout_of(topic):g} ms',
            'find out why the camera pauses, or raise decision_timeout_ms',
        )  # fmt: skip
    # Of best effort it is not known whether a frame was lost or never sent: see loss.
    missing = heard.arrivals.lost_share
    if heard.reliable and missing > _UNEVEN and len(topic.publishers) == 1:
        yield wrong(
            'uneven', topic.name,
            f'by their stamps about {missing:.0%} of the frames are missing between the others: '
            'the camera skips frames, or captures them unevenly',
            'give the driver more of the processor or of its bus, or a fixed exposure time',
        )  # fmt: skip


def timeout_of(topic: TopicFacts) -> float:
    """Return the age from which decisions are stale, in milliseconds; without node: never."""
    return float(topic.node.value('decision_timeout_ms')) if topic.node else float('inf')
