# SPDX-License-Identifier: Apache-2.0
"""Checks of the frames of each camera: whether they come, in time, in order, and fit for the node.

Source for the loss between machines: the ROS 2 documentation, DDS tuning information.
"""

from collections.abc import Iterator

from mobilenet_perception.pipeline import input_trouble
from mobilenet_perception.pipeline.arrivals import ArrivalSummary
from mobilenet_perception.pipeline.timing import Outcome, miss_rate
from mobilenet_perception.recordings.cdr import COMPRESSED, IMAGE
from mobilenet_perception.ros.qos import mismatches
from mobilenet_perception.tools.bags.info.scan import Stamps
from mobilenet_perception.tools.doctor.facts import (
    Endpoint,
    Finding,
    GraphFacts,
    StreamFacts,
    TopicFacts,
    fine,
    note,
    told,
    wrong,
)

# Fewer may have come before the node had found the camera.
_FEW_MESSAGES = 20
# A frame that has so many times the pixels a side that the network looks at costs more to
# transport and to resize than it shows.
_MUCH_LARGER = 10
# Of the stamps: a single frame may be held up on its way.
_MANY = 0.1
_FAST_DDS = 'rmw_fastrtps'
# One frame or two may have come before the second listener was there.
_FEW_LOST = 3
# From so many frames on, gaps between their stamps tell how many are missing.
_ENOUGH = 11
_LARGE_PACKETS = (
    'use compressed images, or raise net.core.rmem_max and net.ipv4.ipfrag_high_thresh with '
    'sysctl (ROS 2 documentation, DDS tuning)'
)
# Of the rate that is expected; and of long gaps to short ones, jitter staying below it.
_SLOWER, _UNEVEN = 0.9, 1.5
# Of the frames, not answered in time: no trouble yet.
_RARELY_MISSED = 0.1


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
    if node is None or node.state != 'active' or heard is None or heard.messages < _FEW_MESSAGES:
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


def check_pictures(facts: GraphFacts) -> Iterator[Finding]:
    """Look at what was decoded."""
    for topic in facts.topics:
        heard = topic.heard
        if heard is None:
            continue
        for reason, count in heard.rejected.items():
            what = f'{count} of {heard.decoded} frames looked at would be rejected, since {reason}'
            yield told('encoding', topic.name, what)
        for sentence in _picture(topic, heard):
            yield told('picture', topic.name, sentence)
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


def _picture(topic: TopicFacts, heard: StreamFacts) -> Iterator[str]:
    camera = topic.camera or '<camera>'
    # Of this package on this machine it is said once, below.
    facts = heard.picture._replace(unchecked=False)
    bits = topic.node.parameters.get(f'{camera}.significant_bits', 0) if topic.node else 0
    if bits and facts.bits:
        # Here it was decoded with all bits: the node sees it brighter.
        facts = facts._replace(dark_s=0.0)
    yield from input_trouble.picture(facts, camera, int(bits))


def _is_much_larger(facts: GraphFacts, topic: TopicFacts, heard: StreamFacts) -> bool:
    roi = topic.node.parameters.get(f'{topic.camera}.roi') if topic.node else None
    sides = [int(side) for size in heard.sizes for side in size.split('x')]
    if any(roi or ()) or not sides or not facts.largest_input:
        return False
    return min(sides) > _MUCH_LARGER * facts.largest_input


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
    found = told('stamps', topic.name, stamps.trouble)
    where = [item.node for item in topic.publishers if item.elsewhere]
    if where and stamps.zero < messages:
        cure = f'{found.cure}; {where[0]} is on another machine, with a clock of its own'
        return found._replace(cure=cure)
    return found


def check_loss(facts: GraphFacts) -> Iterator[Finding]:
    """Say how many frames get lost, and the cure."""
    for topic in facts.topics:
        # The frames of two publishers are in no order that a gap could be seen in.
        if topic.heard is None or not topic.heard.messages or len(topic.publishers) != 1:
            continue
        publisher = topic.publishers[0]
        heard = topic.heard
        cure = _loss_cure(facts, publisher, heard)
        # Of large frames the cure is said below, by what is known of the publisher.
        arrivals = _arrivals(heard)._replace(frame_bytes=0)
        if sentence := input_trouble.loss(topic.name, arrivals):
            found = told('loss', topic.name, sentence)
            yield found._replace(cure=cure or found.cure)
        elif cure and _hardly_any_came(heard):
            yield wrong(
                'loss', topic.name,
                f'no more than {heard.messages} frames came in {facts.seconds:g} s, of '
                f'{heard.frame_bytes / 1e6:.1f} MB each: most of that size get lost on their way',
                cure,
            )  # fmt: skip


def _arrivals(heard: StreamFacts) -> ArrivalSummary:
    """Return what the node hears, at most."""
    if heard.lost is not None:
        came = heard.best_effort if heard.reliable else heard.messages
        lost, published = heard.lost, heard.lost + came
    elif heard.reliable:
        # Who listens reliably hears all: what is missing there the camera has never sent.
        lost, published = heard.compared - heard.best_effort, heard.compared
    else:
        return heard.arrivals._replace(lost_share=0.0)
    share = lost / published if published >= _ENOUGH and lost >= _FEW_LOST else 0.0
    return heard.arrivals._replace(lost_share=share, counted=True)


def _hardly_any_came(heard: StreamFacts) -> bool:
    if heard.reliable or heard.messages >= _ENOUGH:
        return False
    return heard.lost is None or heard.lost >= _FEW_LOST


def _loss_cure(facts: GraphFacts, publisher: Endpoint, heard: StreamFacts) -> str:
    """Return what helps large frames; empty: size is not their trouble."""
    if heard.frame_bytes <= input_trouble.SMALL_SEGMENT_BYTES:
        return ''
    if publisher.elsewhere:
        return _LARGE_PACKETS
    process = publisher.process
    if process is not None and process.variables.get(facts.profile_variable):
        return ''
    if not facts.middleware.startswith(_FAST_DDS):
        return ''
    started = f' ({process.name}, process {process.pid}, was started without)' if process else ''
    return (
        "they do not fit the shared-memory segment of Fast DDS's defaults; start the publisher "
        f'with config/fastdds_large_images.xml of this package in {facts.profile_variable}, or '
        f'use compressed images{started}'
    )


def check_rate(facts: GraphFacts) -> Iterator[Finding]:
    """Look at the rate of each topic."""
    for topic in facts.topics:
        if topic.heard is None:
            continue
        yield from _rate(topic, topic.heard, facts.query.expected_hz)


def _rate(topic: TopicFacts, heard: StreamFacts, expected_hz: float | None) -> Iterator[Finding]:
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
    # Who listens reliably hears all; of best effort, where nothing was counted lost: see loss.
    if (heard.reliable or heard.lost == 0) and len(topic.publishers) == 1:
        yield from _evenness(topic, heard)


def _evenness(topic: TopicFacts, heard: StreamFacts) -> Iterator[Finding]:
    rate = heard.rate
    if rate is None or rate.spread < _UNEVEN or heard.messages < _FEW_MESSAGES:
        return
    yield note(
        'uneven', topic.name,
        'frames come unevenly, and none of them is lost here: one gap in ten is at least '
        f'{rate.spread:.1f} times as long as another; the camera skips frames, its rate follows '
        'the light, or its topic is throttled',
        'where an even rate matters, give the driver a fixed exposure time, and more of the '
        'processor or of its bus',
    )  # fmt: skip


def timeout_of(topic: TopicFacts) -> float:
    """Return the age from which decisions are stale, in milliseconds; without node: never."""
    return float(topic.node.value('decision_timeout_ms')) if topic.node else float('inf')


def check_budget(facts: GraphFacts) -> Iterator[Finding]:
    """Judge what became of the frames that the nodes received."""
    for node in facts.nodes:
        for camera, records in node.records.items():
            where = f'{node.name}: {camera}'
            predictions = [item.predicted_ms for item in records if item.predicted_ms is not None]
            missed = input_trouble.missed_budget(records, min(predictions, default=0.0))
            if missed:
                yield told('budget', where, missed)
            if any(record.outcome is Outcome.FAILED for record in records):
                failures = [item for item in records if item.outcome is Outcome.FAILED]
                yield told('failed', where, input_trouble.rejections(failures))
            missed_share = miss_rate(records)
            if missed_share is not None and missed_share <= _RARELY_MISSED:
                kept = f'{1 - missed_share:.0%} of {len(records)} frames were answered in time'
                yield fine('budget', where, kept)
