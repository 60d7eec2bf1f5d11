# SPDX-License-Identifier: Apache-2.0
"""What there is to know of this machine, gathered before it is judged."""

from collections.abc import Mapping
from typing import NamedTuple

from mobilenet_perception.system.machine import MachineState
from mobilenet_perception.tools.doctor.environment.probe import NOT_INSTALLED


class CachedEngine(NamedTuple):
    """An engine in the cache: bundle and variant, and what built it."""

    name: str
    library: str
    library_version: str


class MachineFacts(NamedTuple):
    """This machine.

    Attributes:
        libraries: what `environment.look` says of each.
        numpy: its version.
        ros: what it says of a start of ROS.
        runtimes: inference runtimes that nodes ask for, of `RUNTIMES`.
        bundles: why each is not sound, by folder; empty: it is.
        engines: in the cache.
        engine_trouble: why the cache cannot be used; empty: it can.
        state: the sensors after the look.
        before: the sensors before it.
        busy: share of the processor's time in use meanwhile, 0 to 1; None: not known.
        shared_memory_bytes: free in /dev/shm; None: not known.
    """

    libraries: Mapping[str, Mapping[str, str]]
    numpy: str
    ros: Mapping[str, str]
    runtimes: tuple[str, ...]
    bundles: Mapping[str, str]
    engines: tuple[CachedEngine, ...]
    engine_trouble: str
    state: MachineState
    before: MachineState
    busy: float | None
    shared_memory_bytes: int | None

    def version(self, library: str) -> str:
        """Return a library's version; empty: it is not installed, or broken."""
        version = self.libraries.get(library, {}).get('version', '')
        return '' if version.startswith(('broken', NOT_INSTALLED)) else version

    def trouble(self, library: str) -> str:
        """Say why a library cannot be used; empty: it can."""
        found = self.libraries.get(library, {})
        # Not every library has a version.
        version = found.get('version', '')
        if version == NOT_INSTALLED:
            return 'it is not installed'
        if version.startswith('broken: '):
            return version.removeprefix('broken: ')
        return found.get('trouble', '')
