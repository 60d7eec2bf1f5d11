# SPDX-License-Identifier: Apache-2.0
"""One kind of trouble a file; the most important first.

All checks, and the order of what they find.
"""

from collections.abc import Iterable, Iterator

from mobilenet_perception.tools.doctor.checks.frames import (
    check_budget,
    check_loss,
    check_pictures,
    check_rate,
    check_silence,
    check_stamps,
)
from mobilenet_perception.tools.doctor.checks.graph import (
    check_clock,
    check_discovery,
    check_nodes,
    check_publishers,
    check_qos,
)
from mobilenet_perception.tools.doctor.checks.machine import (
    check_bundle,
    check_computer,
    check_cv_bridge,
    check_engines,
    check_psutil,
    check_ros,
    check_runtime,
)
from mobilenet_perception.tools.doctor.facts import GraphFacts
from mobilenet_perception.tools.doctor.finding import MACHINE, Finding, Level
from mobilenet_perception.tools.doctor.machine_facts import MachineFacts

GRAPH_CHECKS = (
    check_discovery,
    check_nodes,
    check_publishers,
    check_qos,
    check_silence,
    check_pictures,
    check_clock,
    check_stamps,
    check_loss,
    check_rate,
    check_budget,
)
MACHINE_CHECKS = (
    check_ros,
    check_runtime,
    check_bundle,
    check_computer,
    check_engines,
    check_cv_bridge,
    check_psutil,
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
