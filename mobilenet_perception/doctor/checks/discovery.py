# SPDX-License-Identifier: Apache-2.0
"""Nothing is seen: who else runs on this machine, and why it cannot be seen from here."""

from collections.abc import Iterator

from mobilenet_perception.doctor.facts import GraphFacts
from mobilenet_perception.doctor.finding import Finding, note, wrong

_MOST_NAMED = 3


def check_discovery(facts: GraphFacts) -> Iterator[Finding]:
    """Say why the graph looks empty."""
    where = f'ROS domain {facts.domain}'
    if not facts.nodes and not facts.image_topics:
        hidden = hidden_processes(facts)
        cure = f'on this machine run {hidden}: set the same here' if hidden else _cure(facts)
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


def _cure(facts: GraphFacts) -> str:
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
