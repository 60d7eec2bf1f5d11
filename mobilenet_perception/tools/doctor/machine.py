# SPDX-License-Identifier: Apache-2.0
"""Gathers the facts of this machine: libraries, bundles, engines, sensors, load.

What there is to know of this machine, gathered before it is judged.

Processes of this machine: those of ROS, how they set up discovery, and what all of them take.

By psutil, without which nothing of this is known.
"""

import os
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.inference.bundle import Bundle, load_bundle
from mobilenet_perception.inference.engines import EngineStore
from mobilenet_perception.system.machine import MachineState, Sensors
from mobilenet_perception.tools.doctor.environment.probe import NOT_INSTALLED, look


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
        runtimes: inference runtimes that nodes ask for.
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


try:
    import psutil
except ImportError:  # doctor says so
    psutil = None

# Only these variables of other processes are looked at.
_DISCOVERY = (
    'ROS_DOMAIN_ID',
    'RMW_IMPLEMENTATION',
    'ROS_LOCALHOST_ONLY',
    'ROS_AUTOMATIC_DISCOVERY_RANGE',
)
_PROFILES = ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE')
# Every client library loads it.
_ROS_LIBRARY = b'/librcl.so'


class RosProcess(NamedTuple):
    """A process that has loaded ROS.

    Attributes:
        pid: its number.
        name: what it runs.
        variables: those of its environment variables that say whom it finds, and how.
    """

    pid: int
    name: str
    variables: Mapping[str, str]

    @property
    def domain(self) -> str:
        """Its ROS domain."""
        return self.variables.get('ROS_DOMAIN_ID', '0')

    @property
    def middleware(self) -> str:
        """Its ROS middleware; Fast DDS is every distribution's default."""
        return self.variables.get('RMW_IMPLEMENTATION', 'rmw_fastrtps_cpp')

    def differs_from(self, other: 'RosProcess') -> list[str]:
        """Say in what two processes of one machine differ so that they cannot find each other."""
        found = []
        if self.domain != other.domain:
            found.append(f'ROS_DOMAIN_ID={self.domain}')
        if self.middleware != other.middleware:
            found.append(f'RMW_IMPLEMENTATION={self.middleware}')
        if self.variables.get('ROS_AUTOMATIC_DISCOVERY_RANGE') == 'OFF':
            found.append('ROS_AUTOMATIC_DISCOVERY_RANGE=OFF')
        return found


def this_process() -> RosProcess:
    """Return this process."""
    return RosProcess(os.getpid(), 'doctor', _chosen(dict(os.environ)))


def ros_processes() -> list[RosProcess]:
    """Return the ROS processes whose environment may be read, without this one."""
    if psutil is None:
        return []
    found = []
    for process in psutil.process_iter():
        # psutil's own list of libraries adds up their memory, which takes many times longer.
        maps = Path(psutil.PROCFS_PATH, str(process.pid), 'maps')
        try:
            if process.pid == os.getpid() or _ROS_LIBRARY not in maps.read_bytes():
                continue
            variables = _chosen(process.environ())
            found.append(RosProcess(process.pid, _name(process.cmdline()), variables))
        except (OSError, psutil.Error):  # another user's, or it has ended
            continue
    return sorted(found)


def busy_share() -> float | None:
    """Return the share of the processor's time in use since the last call; None: not known."""
    return None if psutil is None else psutil.cpu_percent() / 100


def _chosen(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: environment[name] for name in (*_DISCOVERY, *_PROFILES) if environment.get(name)}


def _name(command: list[str]) -> str:
    """Return the name of a program, or of what Python runs."""
    program, *arguments = command or ['']
    if 'python' in Path(program).name and arguments:
        if arguments[0] == '-m':
            return arguments[1]
        program = arguments[0]
    return Path(program).name


ROS = 'ros'
_LIBRARIES = ('cv_bridge', 'psutil', 'vision_msgs')
_LIMIT_S = 30.0
_SHARED_MEMORY = '/dev/shm'


class Machine:
    """This machine, looked at twice: when this is made, and when `facts` is called."""

    def __init__(self) -> None:
        self._sensors = Sensors()
        self._before = self._sensors.read()
        # The time counts from here.
        busy_share()
        self._libraries: dict[str, dict[str, str]] = {}
        self._look(ROS, *_LIBRARIES)

    @property
    def has_ros(self) -> bool:
        """Whether ROS starts here."""
        return 'version' not in self._libraries[ROS]

    def facts(self, runtimes: Collection[str], bundles: Mapping[Path, str]) -> MachineFacts:
        """Return what there is to know of it now.

        Args:
            runtimes: those that are needed.
            bundles: why each is not sound, by folder; empty: it is.
        """
        state, busy = self._sensors.read(), busy_share()
        engines, trouble = _engines()
        self._look(*runtimes, *(engine.library for engine in engines))
        return MachineFacts(
            libraries=self._libraries,
            numpy=np.__version__,
            ros=self._libraries[ROS],
            runtimes=tuple(runtimes),
            bundles={str(folder): trouble for folder, trouble in bundles.items()},
            engines=engines,
            engine_trouble=trouble,
            state=state,
            before=self._before,
            busy=busy,
            shared_memory_bytes=_free_bytes(_SHARED_MEMORY),
        )

    def _look(self, *names: str) -> None:
        """Look at libraries, each in a process of its own, all at a time."""
        new = sorted(set(names) - self._libraries.keys())
        with ThreadPoolExecutor(max_workers=len(new) or 1) as pool:
            said = pool.map(lambda name: look(name, _LIMIT_S), new)
            self._libraries.update(zip(new, said, strict=True))


def load_bundles(folders: Collection[Path]) -> tuple[list[Bundle], dict[Path, str]]:
    """Return the bundles that are sound, and by folder why the others are not."""
    sound, troubles = [], {}
    for folder in folders:
        try:
            sound.append(load_bundle(folder))
            troubles[folder] = ''
        except PerceptionError as error:
            troubles[folder] = str(error)
    return sound, troubles


def _engines() -> tuple[tuple[CachedEngine, ...], str]:
    try:
        files = EngineStore().files()
    except (PerceptionError, OSError) as error:
        return (), str(error)
    found = [file.facts for file in files if file.facts]
    return tuple(
        CachedEngine(facts.name, facts.key.library, facts.key.library_version) for facts in found
    ), ''


def _free_bytes(folder: str) -> int | None:
    try:
        status = os.statvfs(folder)
    except OSError:
        return None
    return status.f_bavail * status.f_frsize
