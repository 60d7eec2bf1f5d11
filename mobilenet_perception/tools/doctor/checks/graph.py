# SPDX-License-Identifier: Apache-2.0
"""Checks of the graph: who is there, who publishes a camera, who can hear it, on which clock."""

import difflib
from collections.abc import Iterator

from mobilenet_perception.pipeline.input_trouble import clock_trouble
from mobilenet_perception.pipeline.parameters import COMPRESSED_SUFFIX
from mobilenet_perception.recordings.cdr import COMPRESSED, IMAGE
from mobilenet_perception.ros.qos import mismatches
from mobilenet_perception.tools.doctor.facts import (
    Endpoint,
    Finding,
    GraphFacts,
    NodeFacts,
    RegionTopicFacts,
    TopicFacts,
    fine,
    note,
    told,
    wrong,
)

_MOST_NAMED = 3
_TRANSITIONS = {'unconfigured': ('configure', 'activate'), 'inactive': ('activate',)}
_TRANSPORTS = {IMAGE: 'raw', COMPRESSED: 'compressed'}
_MOST_NEAR = 5


def check_discovery(facts: GraphFacts) -> Iterator[Finding]:
    """Say why the graph looks empty."""
    where = f'ROS domain {facts.domain}'
    if not facts.nodes and not facts.image_topics:
        hidden = hidden_processes(facts)
        cure = (
            f'on this machine run {hidden}: set the same here'
            if hidden
            else _discovery_cure(facts)
        )
        yield wrong('discovery', where, 'neither a camera nor a classifier is seen', cure)
    if facts.left_out:
        yield note(
            'left_out', where,
            f'only some camera topics were listened to, and not {", ".join(facts.left_out)}',
            'name those that matter with --topic',
        )  # fmt: skip


def hidden_processes(facts: GraphFacts) -> str:
    """Name processes of this machine that cannot be seen from here; empty: there is none."""
    groups: dict[str, list[str]] = {}
    for process in facts.processes:
        if differences := process.differs_from(facts.ours):
            groups.setdefault(' and '.join(differences), []).append(process.name)
    told = []
    for difference, names in groups.items():
        known = list(dict.fromkeys(names))
        more = ', ...' if len(known) > _MOST_NAMED else ''
        told.append(f'{", ".join(known[:_MOST_NAMED])}{more} with {difference}')
    return '; '.join(told)


def _discovery_cure(facts: GraphFacts) -> str:
    variables = facts.ours.variables
    narrow = [
        f'{name}={variables[name]}'
        for name in ('ROS_LOCALHOST_ONLY', 'ROS_AUTOMATIC_DISCOVERY_RANGE')
        if variables.get(name) in ('1', 'LOCALHOST', 'OFF')
    ]
    here = f'; {", ".join(narrow)} hides other machines from this shell' if narrow else ''
    return (
        'start the camera driver; if it runs, give this shell its ROS_DOMAIN_ID and '
        f'RMW_IMPLEMENTATION (here {facts.domain} and {facts.middleware}), and let the firewall '
        f'pass UDP{here}'
    )


def check_nodes(facts: GraphFacts) -> Iterator[Finding]:
    """Look at the nodes found, and at those asked for."""
    found = {node.name for node in facts.nodes}
    for name in sorted(set(facts.query.nodes) - found):
        running = f' (there is {", ".join(sorted(found))})' if found else ''
        yield wrong(
            'node', name, f'no such node runs in ROS domain {facts.domain}{running}',
            'start it: ros2 launch mobilenet_perception classify.launch.py, or name it with its '
            'namespace',
        )  # fmt: skip
    if not facts.nodes and not facts.query.nodes and facts.image_topics:
        yield note(
            'node', f'ROS domain {facts.domain}',
            'no classifier node is seen: the camera topics were looked at alone',
        )  # fmt: skip
    for node in facts.nodes:
        yield from _node(node)


def _node(node: NodeFacts) -> Iterator[Finding]:
    if node.instances > 1:
        yield wrong(
            'two_nodes', node.name, f'{node.instances} nodes have this name',
            'end all but one, or give each a namespace: --ros-args -r __ns:=/front',
        )  # fmt: skip
    if node.elsewhere:
        yield note(
            'node', node.name, 'it runs on another machine: its bundle, its libraries and its '
            'processor were not looked at', 'run doctor there, too',
        )  # fmt: skip
    if not node.state:
        yield wrong(
            'node_state', node.name, 'it does not answer: it is overloaded, suspended, or gone',
            'look at its log, and restart it',
        )  # fmt: skip
    elif node.state != 'active':
        steps = _TRANSITIONS.get(node.state, ())
        commands = ' && '.join(f'ros2 lifecycle set {node.name} {step}' for step in steps)
        yield wrong(
            'node_state', node.name, f'it is {node.state}, so that it classifies nothing',
            f'{commands or "restart it"}; its log says why it is not active',
        )  # fmt: skip
    else:
        yield fine('node_state', node.name, 'it is active')
    if node.trouble:
        yield told('node_trouble', node.name, node.trouble)


def check_publishers(facts: GraphFacts) -> Iterator[Finding]:
    """Look at the publishers of each topic."""
    for topic in facts.topics:
        if not topic.publishers:
            cure = f'start the camera{_compressed(facts, topic)}{_elsewhere(facts, topic)}'
            yield wrong('no_publisher', topic.name, 'nobody publishes it', cure)
            continue
        yield from _types(facts, topic)
        if len(topic.publishers) > 1:
            names = ', '.join(sorted(publisher.node for publisher in topic.publishers))
            yield wrong(
                'two_publishers', topic.name,
                f'{len(topic.publishers)} publishers mix their frames on it: {names}',
                'end all but one, or give each a topic of its own: --ros-args -r '
                f'{topic.name}:=/other/image_raw',
            )  # fmt: skip


def _types(facts: GraphFacts, topic: TopicFacts) -> Iterator[Finding]:
    wanted = (topic.wanted_type,) if topic.wanted_type else tuple(_TRANSPORTS)
    for publisher in topic.publishers:
        kind = publisher.message_type
        if kind in wanted:
            continue
        listens = f', and {topic.node.name} listens for {wanted[0]}' if topic.node else ''
        if kind in _TRANSPORTS and topic.camera:
            cure = (
                f'start the node with -p {topic.camera}.image_transport:={_TRANSPORTS[kind]}, or '
                'remap the publisher to another topic'
            )
        else:
            cure = f'this is no camera topic{_elsewhere(facts, topic)}'
        yield wrong(
            'message_type', topic.name, f'{publisher.node} publishes it as {kind}{listens}', cure
        )


def _compressed(facts: GraphFacts, topic: TopicFacts) -> str:
    name = f'{topic.name}{COMPRESSED_SUFFIX}'
    if topic.wanted_type != IMAGE or not topic.camera or name not in facts.image_topics:
        return ''
    return f', or set {topic.camera}.image_transport to compressed, which takes {name}'


def _elsewhere(facts: GraphFacts, topic: TopicFacts) -> str:
    """Say where else frames may be, as the end of a sentence."""
    kinds = (topic.wanted_type,) if topic.wanted_type else tuple(_TRANSPORTS)
    others = [
        name
        for name, kind in sorted(facts.image_topics.items())
        if kind in kinds and name != topic.name
    ]
    near = difflib.get_close_matches(topic.name, others, n=_MOST_NEAR, cutoff=0.0)
    ends = []
    if near and topic.camera:
        ends.append(f', or set {topic.camera}.image_topic to a topic that is published: ')
        ends.append(', '.join(near))
    elif near:
        ends.append(f'; published are {", ".join(near)}')
    if hidden := hidden_processes(facts):
        ends.append(f'; not seen from here are {hidden}')
    return ''.join(ends)


def check_qos(facts: GraphFacts) -> Iterator[Finding]:
    """Compare each publisher with each subscriber of a topic."""
    topics: list[TopicFacts | RegionTopicFacts] = [*facts.topics, *facts.regions]
    for topic in topics:
        for publisher in topic.publishers:
            for subscriber in topic.subscribers:
                yield from _pair(topic, publisher, subscriber)


def _pair(
    topic: TopicFacts | RegionTopicFacts, publisher: Endpoint, subscriber: Endpoint
) -> Iterator[Finding]:
    for policy, offered, asked in mismatches(publisher, subscriber):
        what = (
            f'{publisher.node} offers {policy} {offered} and {subscriber.node} asks for {asked}: '
            'nothing gets through'
        )
        if topic.node and subscriber.node == topic.node.name:
            parameter = f'qos_overrides.{topic.name}.subscription.{policy}'
            cure = f'start {subscriber.node} with -p {parameter}:={offered}, or leave it unset'
        else:
            cure = f'have {subscriber.node} ask for {offered}, or {publisher.node} offer {asked}'
        yield wrong(f'qos_{policy}', topic.name, what, cure)


def check_clock(facts: GraphFacts) -> Iterator[Finding]:
    """Compare the nodes' `use_sim_time` with `/clock`."""
    for node in facts.nodes:
        if node.simulated and not facts.clock_publishers:
            yield wrong(
                'clock', node.name, 'use_sim_time is true, but nobody publishes /clock',
                'start the simulation, play the bag with --clock, or set use_sim_time to false',
            )  # fmt: skip
        elif node.simulated and not facts.clock_ticks:
            yield wrong(
                'clock', node.name, 'use_sim_time is true, but nothing comes on /clock',
                'let the simulation or the bag play: it is paused',
            )  # fmt: skip
        elif node.simulated and (trouble := clock_trouble(facts.clock_step_ms, facts.clock_hz)):
            yield told('clock', node.name, trouble)
        elif node.parameters and not node.simulated and facts.clock_ticks:
            yield note(
                'clock', node.name, '/clock ticks, and this node does not use it',
                'with a simulation or a bag set use_sim_time to true',
            )  # fmt: skip
