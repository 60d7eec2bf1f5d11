# SPDX-License-Identifier: Apache-2.0
"""Processes of this machine: those of ROS, how they set up discovery, and what all of them take.

By psutil, without which nothing of this is known.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

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
