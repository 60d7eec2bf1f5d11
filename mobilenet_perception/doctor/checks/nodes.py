# SPDX-License-Identifier: Apache-2.0
"""The classifier nodes: found, active, one of a name, and without trouble of their own."""

from collections.abc import Iterator

from mobilenet_perception.doctor.facts import GraphFacts, NodeFacts
from mobilenet_perception.doctor.finding import Finding, Level, fine, note, told, wrong

_TRANSITIONS = {'unconfigured': ('configure', 'activate'), 'inactive': ('activate',)}


def check_nodes(facts: GraphFacts) -> Iterator[Finding]:
    """Look at the nodes found, and at those asked for."""
    found = {node.name for node in facts.nodes}
    for name in sorted(set(facts.asked.nodes) - found):
        running = f' (there is {", ".join(sorted(found))})' if found else ''
        yield wrong(
            'node', name, f'no such node runs in ROS domain {facts.domain}{running}',
            'start it: ros2 launch mobilenet_perception classify.launch.py, or name it with its '
            'namespace',
        )  # fmt: skip
    if not facts.nodes and not facts.asked.nodes and facts.image_topics:
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
        yield told(Level.WRONG, 'node_trouble', node.name, node.trouble)
