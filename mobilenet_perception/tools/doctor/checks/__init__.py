# SPDX-License-Identifier: Apache-2.0
"""The checks of `doctor`, the most important first: a function each, from facts to findings.

A new one is a generator of findings in the file that it belongs to, and a line here.
"""

from collections.abc import Iterable, Iterator

from mobilenet_perception.tools.doctor.checks import frames, graph, machine, regions
from mobilenet_perception.tools.doctor.facts import MACHINE, Finding, GraphFacts, Level
from mobilenet_perception.tools.doctor.machine_facts import MachineFacts

GRAPH_CHECKS = (
    graph.check_discovery,
    graph.check_nodes,
    graph.check_publishers,
    graph.check_qos,
    frames.check_silence,
    frames.check_pictures,
    regions.check_regions,
    graph.check_clock,
    frames.check_stamps,
    frames.check_loss,
    frames.check_rate,
    frames.check_budget,
)
MACHINE_CHECKS = (
    machine.check_ros,
    machine.check_runtime,
    machine.check_bundle,
    machine.check_computer,
    machine.check_psutil,
    machine.check_simplejpeg,
    machine.check_engines,
    machine.check_cv_bridge,
)
_ORDER = {level: place for place, level in enumerate(Level)}


def graph_findings(facts: GraphFacts) -> Iterator[Finding]:
    """Judge a graph."""
    for check in GRAPH_CHECKS:
        yield from check(facts)


def machine_findings(facts: MachineFacts) -> Iterator[Finding]:
    """Judge a machine."""
    for check in MACHINE_CHECKS:
        yield from check(facts)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Put what is wrong first, else as the checks are ordered.

    Of a topic or a node with which something is wrong, what is fine is not said.
    """
    found = list(findings)
    ill = {finding.where for finding in found if finding.level is Level.WRONG} - {MACHINE}
    told = [item for item in found if item.level is not Level.OK or item.where not in ill]
    return sorted(told, key=lambda finding: _ORDER[finding.level])
