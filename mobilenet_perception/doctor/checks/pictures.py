# SPDX-License-Identifier: Apache-2.0
"""What the frames look like: encodings, damage, sizes."""

from collections.abc import Iterator

from mobilenet_perception.doctor.facts import GraphFacts, Heard, TopicFacts
from mobilenet_perception.doctor.finding import Finding, Level, note, told

# A frame that has so many times the pixels a side that the network looks at costs more to
# transport and to resize than it shows.
_MUCH_LARGER = 10


def check_pictures(facts: GraphFacts) -> Iterator[Finding]:
    """Look at what was decoded."""
    for topic in facts.topics:
        heard = topic.heard
        if heard is None:
            continue
        for reason, count in heard.rejected.items():
            what = f'{count} of {heard.decoded} frames looked at would be rejected, since {reason}'
            yield told(Level.WRONG, 'encoding', topic.name, what)
        if len(heard.sizes) > 1:
            yield note(
                'size', topic.name, f'the size of frames changes: {", ".join(heard.sizes)}',
                'a region of interest, in pixels, fits one of them',
            )  # fmt: skip
        if _is_much_larger(facts, topic, heard):
            yield note(
                'size', topic.name,
                f'frames of {", ".join(heard.sizes)} are much larger than the '
                f'{facts.largest_input} pixels a side that the network looks at',
                'publish smaller ones, or give the camera a region of interest '
                f'({topic.camera or "<camera>"}.roi)',
            )  # fmt: skip


def _is_much_larger(facts: GraphFacts, topic: TopicFacts, heard: Heard) -> bool:
    roi = topic.node.parameters.get(f'{topic.camera}.roi') if topic.node else None
    sides = [int(side) for size in heard.sizes for side in size.split('x')]
    if any(roi or ()) or not sides or not facts.largest_input:
        return False
    return min(sides) > _MUCH_LARGER * facts.largest_input
