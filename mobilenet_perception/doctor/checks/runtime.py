# SPDX-License-Identifier: Apache-2.0
"""The inference runtimes that nodes ask for: whether they are here."""

from collections.abc import Iterator

from mobilenet_perception.doctor.finding import MACHINE, Finding, fine, wrong
from mobilenet_perception.doctor.machine_facts import MachineFacts
from mobilenet_perception.runtimes import RUNTIMES


def check_runtime(facts: MachineFacts) -> Iterator[Finding]:
    """Say which runtimes cannot be loaded."""
    for runtime in facts.runtimes:
        trouble = facts.trouble(runtime)
        if not trouble:
            yield fine('runtime', MACHINE, f'{runtime} {facts.version(runtime)} loads')
            continue
        others = [name for name in RUNTIMES if name != runtime]
        cure = RUNTIMES[runtime][1] if runtime in RUNTIMES else 'install it'
        if others:
            cure += f'; or start the node with -p runtime:={others[0]}'
        yield wrong(
            'runtime', MACHINE, f'the runtime {runtime} cannot be loaded ({trouble})', cure
        )
