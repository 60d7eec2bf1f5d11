# SPDX-License-Identifier: Apache-2.0
"""Gathers the facts of this machine: libraries, bundles, engines, sensors.

How busy the processor is.

Source: the Linux manual page proc(5), /proc/stat: times since the start, in ticks.
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
from mobilenet_perception.system.machine import Sensors
from mobilenet_perception.system.machine.files import read_text
from mobilenet_perception.tools.doctor.environment.look import look
from mobilenet_perception.tools.doctor.machine_facts import CachedEngine, MachineFacts

_IDLE = slice(3, 5)
# Time of guests is in that of users already.
_COUNTED = slice(0, 8)


class Times(NamedTuple):
    """Time of all cores since the machine's start, in ticks."""

    total: int
    idle: int


def processor_times(root: Path = Path('/')) -> Times | None:
    """Return the times up to now; None: the kernel does not tell."""
    lines = read_text(root / 'proc/stat').splitlines() or ['']
    name, *numbers = lines[0].split() or ['']
    if name != 'cpu' or not all(number.isdigit() for number in numbers):
        return None
    times = [int(number) for number in numbers]
    return Times(sum(times[_COUNTED]), sum(times[_IDLE]))


def busy_share(before: Times | None, after: Times | None) -> float | None:
    """Return the share of the time between that was in use, 0 to 1; None: not known."""
    if before is None or after is None or after.total <= before.total:
        return None
    return 1.0 - (after.idle - before.idle) / (after.total - before.total)


ROS = 'ros'
_LIBRARIES = ('cv_bridge', 'vision_msgs')
_LIMIT_S = 30.0
_SHARED_MEMORY = '/dev/shm'


class Machine:
    """This machine, looked at twice: when this is made, and when `facts` is called."""

    def __init__(self) -> None:
        self._sensors = Sensors()
        self._before = self._sensors.read()
        self._times = processor_times()
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
        state, times = self._sensors.read(), processor_times()
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
            busy=busy_share(self._times, times),
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
