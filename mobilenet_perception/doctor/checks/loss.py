# SPDX-License-Identifier: Apache-2.0
"""Frames that get lost between the publisher's process and the node's.

Source for other machines: the ROS 2 documentation, DDS tuning information.
"""

from collections.abc import Iterator

from mobilenet_perception import input_trouble
from mobilenet_perception.arrivals import ArrivalSummary
from mobilenet_perception.doctor.facts import Endpoint, GraphFacts, Heard
from mobilenet_perception.doctor.finding import Finding, Level, told, wrong

_FAST_DDS = 'rmw_fastrtps'
# One frame or two may have come before the second listener was there.
_FEW = 3
# From so many frames on, gaps between their stamps tell how many are missing.
_ENOUGH = 11
_LARGE_PACKETS = (
    'use compressed images, or raise net.core.rmem_max and net.ipv4.ipfrag_high_thresh with '
    'sysctl (ROS 2 documentation, DDS tuning)'
)


def check_loss(facts: GraphFacts) -> Iterator[Finding]:
    """Say how many frames get lost, and the cure."""
    for topic in facts.topics:
        # The frames of two publishers are in no order that a gap could be seen in.
        if topic.heard is None or not topic.heard.messages or len(topic.publishers) != 1:
            continue
        publisher = topic.publishers[0]
        heard = topic.heard
        cure = _cure(facts, publisher, heard)
        # Of large frames the cure is said below, by what is known of the publisher.
        arrivals = _arrivals(heard)._replace(frame_bytes=0)
        if sentence := input_trouble.loss(topic.name, arrivals):
            found = told(Level.WRONG, 'loss', topic.name, sentence)
            yield found._replace(cure=cure or found.cure)
        elif cure and not heard.reliable and heard.messages < _ENOUGH:
            yield wrong(
                'loss', topic.name,
                f'no more than {heard.messages} frames came in {facts.seconds:g} s, of '
                f'{heard.frame_bytes / 1e6:.1f} MB each: most of that size get lost on their way',
                cure,
            )  # fmt: skip


def _arrivals(heard: Heard) -> ArrivalSummary:
    """Return what the node hears, at most."""
    if not heard.reliable:
        return heard.arrivals
    lost = heard.compared - heard.best_effort
    # Who listens reliably hears all: what is missing there the camera has never sent.
    share = lost / heard.compared if heard.compared >= _ENOUGH and lost >= _FEW else 0.0
    return heard.arrivals._replace(lost_share=share)


def _cure(facts: GraphFacts, publisher: Endpoint, heard: Heard) -> str:
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
