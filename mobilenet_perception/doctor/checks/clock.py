# SPDX-License-Identifier: Apache-2.0
"""Simulation time: who uses it, and whether it comes."""

from collections.abc import Iterator

from mobilenet_perception.doctor.facts import GraphFacts
from mobilenet_perception.doctor.finding import Finding, note, wrong


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
        elif node.parameters and not node.simulated and facts.clock_ticks:
            yield note(
                'clock', node.name, '/clock ticks, and this node does not use it',
                'with a simulation or a bag set use_sim_time to true',
            )  # fmt: skip
