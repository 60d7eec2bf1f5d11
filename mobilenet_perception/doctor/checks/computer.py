# SPDX-License-Identifier: Apache-2.0
"""The computer: governor, heat, load, shared memory."""

from collections.abc import Iterator

from mobilenet_perception.doctor.finding import MACHINE, Finding, Level, fine, note, told
from mobilenet_perception.doctor.machine_facts import MachineFacts
from mobilenet_perception.machine import troubles

_FULL = 0.9
# The segment of config/fastdds_large_images.xml.
_SEGMENT_BYTES = 64 * 1024**2


def check_computer(facts: MachineFacts) -> Iterator[Finding]:
    """Say what slows it down."""
    found = troubles(facts.state, facts.before)
    for sentence in found:
        yield told(Level.WRONG, 'computer', MACHINE, sentence)
    if not found:
        governor = facts.state.governor
        yield fine(
            'computer', MACHINE,
            'nothing is known to slow it down' + (f' (governor {governor})' if governor else ''),
        )  # fmt: skip
    if facts.busy is not None and facts.busy > _FULL:
        yield note(
            'load', MACHINE, f'the processor was busy for {facts.busy:.0%} of the time',
            'find out with `top` what takes it, or set realtime_priority of the node',
        )  # fmt: skip
    free = facts.shared_memory_bytes
    if free is not None and free < _SEGMENT_BYTES:
        yield note(
            'shared_memory', MACHINE,
            f'/dev/shm has {free / 1e6:.0f} MB left, and config/fastdds_large_images.xml takes '
            f'{_SEGMENT_BYTES / 1e6:.0f} MB a process',
            'start the container with --shm-size=1g (or --ipc=host), or remove what processes '
            'that were killed have left there: fastdds shm clean',
        )  # fmt: skip
