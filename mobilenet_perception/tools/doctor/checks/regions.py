# SPDX-License-Identifier: Apache-2.0
"""Checks of regions: whether boxes come, fit the frames by stamp and by size, and name things."""

import difflib
from collections.abc import Iterable, Iterator

from mobilenet_perception.pipeline.region_match import NO_REGIONS
from mobilenet_perception.pipeline.regions import EXACT
from mobilenet_perception.pipeline.timing import Outcome
from mobilenet_perception.ros.qos import mismatches
from mobilenet_perception.tools.doctor.checks.graph import hidden_processes
from mobilenet_perception.tools.doctor.facts import (
    BOXES,
    Finding,
    GraphFacts,
    RegionTopicFacts,
    fine,
    note,
    told,
    wrong,
)
from mobilenet_perception.tools.doctor.region_stream import RegionStream

# Fewer messages, frames or boxes tell nothing of a habit.
_FEW = 10
_ENOUGH_BOXES = 50
# Of the boxes or of the frames: some may be odd.
_MANY, _MOST = 0.1, 0.5
_MOST_NEAR = 5
# As `did you mean`: other spelling, not another word.
_ALIKE = 0.7
# Of both sides of an image: where all boxes lie within, they may be of a smaller one.
_CORNER = 0.5


def check_regions(facts: GraphFacts) -> Iterator[Finding]:
    """Look at each topic of regions that a node is to hear: the first thing that keeps it off."""
    for topic in facts.regions:
        if not topic.publishers:
            yield _no_publisher(facts, topic)
            continue
        yield from _publishers(topic)
        heard = topic.heard
        if heard is None:
            continue
        if not heard.messages:
            yield _silent(facts, topic)
            continue
        yield from _deaf(topic, heard)
        yield from _matches(topic, heard)
        yield from _boxes(topic, heard)
        yield from _left(topic)
        yield fine('regions', topic.name, _summary(heard))


def _summary(heard: RegionStream) -> str:
    named = f' ({", ".join(list(heard.labels)[:_MOST_NEAR])})' if heard.labels else ''
    behind = heard.matches.behind_ms
    after = f', {behind:.0f} ms after their images' if behind is not None else ''
    return (
        f'{heard.messages} messages came ({heard.mean_hz:.1f} Hz), of '
        f'{heard.boxes / heard.messages:.1f} boxes each{named}{after}'
    )


def _no_publisher(facts: GraphFacts, topic: RegionTopicFacts) -> Finding:
    others = [name for name in facts.box_topics if name != topic.name]
    near = difflib.get_close_matches(topic.name, others, n=_MOST_NEAR, cutoff=0.0)
    cure = 'start the detector or the map that finds them'
    if near:
        cure += (
            f', or set {topic.camera}.regions_topic to a topic that is published: '
            f'{", ".join(near)}'
        )
    if hidden := hidden_processes(facts):
        cure += f'; not seen from here are {hidden}'
    return wrong('no_regions', topic.name, 'nobody publishes regions on it', cure)


def _publishers(topic: RegionTopicFacts) -> Iterator[Finding]:
    for publisher in topic.publishers:
        if publisher.message_type != BOXES:
            yield wrong(
                'regions_type', topic.name,
                f'{publisher.node} publishes it as {publisher.message_type}, and '
                f'{topic.node.name} listens for {BOXES}',
                f'convert it to {BOXES} (docs/regions.md), or set {topic.camera}.regions_topic '
                'to a topic of that type',
            )  # fmt: skip
    names = sorted(item.node for item in topic.publishers if item.message_type == BOXES)
    if len(names) > 1:
        yield wrong(
            'two_regions', topic.name,
            f'{len(names)} publishers mix their boxes on it, {", ".join(names)}: a frame takes '
            'those of one message alone, so that the things of the others come and go',
            'end all but one, or merge their boxes into one message a frame',
        )  # fmt: skip


def _silent(facts: GraphFacts, topic: RegionTopicFacts) -> Finding:
    names = ', '.join(sorted({publisher.node for publisher in topic.publishers}))
    return wrong(
        'regions_silent', topic.name,
        f'{names} publishes it, but nothing came in {facts.seconds:g} s',
        f'look whether {names} gets images itself; where it finds nothing it must publish an '
        'empty list, or frames wait for it in vain',
    )  # fmt: skip


def _deaf(topic: RegionTopicFacts, heard: RegionStream) -> Iterator[Finding]:
    records = topic.node.records.get(topic.camera, ())
    if heard.messages < _FEW or not records or records[-1].reason != NO_REGIONS:
        return
    # Where a wrong QoS or type keeps them off, that is said already.
    if any(
        subscriber.node == topic.node.name
        and publisher.message_type == BOXES
        and not mismatches(publisher, subscriber)
        for publisher in topic.publishers
        for subscriber in topic.subscribers
    ):
        yield wrong(
            'regions_unheard', topic.name,
            f'{heard.messages} messages came here, and {topic.node.name} has heard none',
            'restart the node; if it is on another machine, let the firewall pass UDP',
        )  # fmt: skip


def _matches(topic: RegionTopicFacts, heard: RegionStream) -> Iterator[Finding]:
    matches = heard.matches
    if matches.frames < _FEW or matches.matched >= _MOST * matches.frames:
        return
    # What came late to this process may have come in time to the node: its word counts.
    ended = [
        record
        for record in topic.node.records.get(topic.camera, ())
        if record.outcome is not Outcome.SUPERSEDED
    ]
    lacking = sum(
        record.outcome is Outcome.EXPIRED and record.predicted_ms is None for record in ended
    )
    if ended and lacking < _MOST * len(ended):
        return
    behind = ''
    if topic.rules.match == EXACT and matches.behind_ms is not None:
        behind = f'; they come {matches.behind_ms:.0f} ms after the images that they belong to'
    if matches.trouble:
        found = told('regions_match', topic.name, matches.trouble)
        yield found._replace(what=found.what + behind)
        return
    cure = (
        f'have the detector keep up with the camera, or set {topic.camera}.regions_match to latest'
        if topic.rules.match == EXACT
        else f'have them published more often, or raise {topic.camera}.regions_max_age_ms'
    )
    yield wrong(
        'regions_match', topic.name,
        f'only {matches.matched} of {matches.frames} frames have regions in time{behind}', cure,
    )  # fmt: skip


def _boxes(topic: RegionTopicFacts, heard: RegionStream) -> Iterator[Finding]:
    if heard.troubles:
        sentence, count = next(iter(heard.troubles.items()))
        found = told('boxes', topic.name, sentence)
        yield found._replace(what=f'in {count} of {heard.messages} messages {found.what}')
    yield from _classes(topic, heard)
    of_class = heard.boxes - heard.other_classes
    if of_class and heard.shares > _MOST * of_class:
        yield wrong(
            'boxes_size', topic.name,
            f'{heard.shares} of {of_class} boxes are given in shares of the image, 0 to 1',
            "multiply them by the image's width and height: boxes are in pixels",
        )  # fmt: skip
    elif heard.too_small > _MOST * of_class:
        say = note if heard.wanted else wrong
        yield say(
            'boxes_size', topic.name,
            f'{heard.too_small} of {of_class} boxes are passed over, smaller than '
            f'{topic.camera}.regions_min_pixels ({topic.rules.min_pixels})',
            'lower it, or find out why boxes are so small: are they of a smaller image?',
        )  # fmt: skip
    yield from _places(topic, heard)
    yield from _ids(heard, topic)


def _classes(topic: RegionTopicFacts, heard: RegionStream) -> Iterator[Finding]:
    asked = topic.rules.classes
    parameter = f'{topic.camera}.regions_classes'
    if not asked or not heard.boxes:
        return
    if not heard.labels:
        yield wrong(
            'regions_classes', topic.name,
            f'its boxes have no class, and {parameter} keeps those of {", ".join(asked)}',
            f"set {parameter} to [''], or have the detector fill in results",
        )  # fmt: skip
        return
    meant = {
        name: near for name in asked if name not in heard.labels and (near := _near(name, heard))
    }
    sent = ', '.join(list(heard.labels)[:_FEW])
    guess = '; '.join(f'for {name!r} did you mean {near!r}?' for name, near in meant.items())
    if not heard.labels.keys() & set(asked):
        yield wrong(
            'regions_classes', topic.name,
            f'{parameter} names none of the classes that it carries: it keeps '
            f'{", ".join(asked)}, and {sent} came',
            guess or f"name some of these in {parameter}, or set it to [''] for all",
        )  # fmt: skip
    elif meant:
        yield note(
            'regions_classes', topic.name,
            f'{", ".join(meant)} of {parameter} never came, and {sent} did', guess,
        )  # fmt: skip


def _near(name: str, heard: RegionStream) -> str:
    """Return the class heard that a name was probably meant for; empty: none is like it."""
    plain = {_plain(label): label for label in heard.labels}
    near = difflib.get_close_matches(_plain(name), plain, n=1, cutoff=_ALIKE)
    return plain[near[0]] if near else ''


def _plain(name: str) -> str:
    return ''.join(letter for letter in name.casefold() if letter.isalnum())


def _places(topic: RegionTopicFacts, heard: RegionStream) -> Iterator[Finding]:
    if not topic.sizes or heard.outside is None or not heard.wanted:
        return
    size, (right, bottom) = topic.sizes[0], heard.reach
    width, height = map(int, size.split('x'))
    if heard.outside > _MANY * heard.wanted:
        yield wrong(
            'boxes_outside', topic.name,
            f'{heard.outside} of {heard.wanted} boxes lie outside the image of {size} pixels on '
            f'{topic.image_topic}; they reach to {right}, {bottom}',
            'publish them in pixels of that image: they are of an image of another size, or of '
            'another camera',
        )  # fmt: skip
    elif heard.wanted >= _ENOUGH_BOXES and right < _CORNER * width and bottom < _CORNER * height:
        yield note(
            'boxes_corner', topic.name,
            f'all {heard.wanted} boxes lie in the upper left quarter of the image of {size} '
            f'pixels on {topic.image_topic}; they reach to {right}, {bottom}',
            'if they were found in a smaller image, scale them to this one',
        )  # fmt: skip


def _ids(heard: RegionStream, topic: RegionTopicFacts) -> Iterator[Finding]:
    cure = (
        'let a tracker give each thing an id that stays, or take the labels of '
        f'{topic.node.name}/{topic.camera}/detections alone'
    )
    if heard.without_id > _MOST * heard.wanted:
        yield wrong(
            'boxes_ids', topic.name,
            f'{heard.without_id} of {heard.wanted} boxes have no id: their things get labels, but '
            'no decisions',
            cure,
        )  # fmt: skip
    elif heard.messages >= _FEW and heard.ids > max(_FEW, _MOST * heard.wanted):
        yield wrong(
            'boxes_ids', topic.name,
            f'{heard.wanted} boxes have {heard.ids} different ids: nothing is known again, and '
            'decisions rest on one frame each',
            cure,
        )  # fmt: skip


def _left(topic: RegionTopicFacts) -> Iterator[Finding]:
    records = [
        record for record in topic.node.records.get(topic.camera, ()) if record.regions is not None
    ]
    given = _total(record.regions for record in records)
    left = _total(record.regions_left for record in records)
    outside = topic.heard.outside if topic.heard else None
    if len(records) < _FEW or left <= _MOST * given or outside:
        return
    yield note(
        'regions_left', topic.name,
        f'{topic.node.name} left {left} of {given} regions for want of time: each is looked at '
        'more seldom',
        f'raise the budget, or keep fewer ({topic.camera}.regions_classes)',
    )  # fmt: skip


def _total(numbers: Iterable[int | None]) -> int:
    return sum(number or 0 for number in numbers)
