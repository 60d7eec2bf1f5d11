# SPDX-License-Identifier: Apache-2.0
"""All checks, and the order of what they find."""

from collections.abc import Iterable, Iterator

from mobilenet_perception.doctor.checks import GRAPH_CHECKS, MACHINE_CHECKS
from mobilenet_perception.doctor.facts import GraphFacts
from mobilenet_perception.doctor.finding import MACHINE, Finding, Level
from mobilenet_perception.doctor.machine_facts import MachineFacts

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
