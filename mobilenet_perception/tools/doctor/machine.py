# SPDX-License-Identifier: Apache-2.0
"""Gathers the facts of this machine: libraries, bundles, engines, sensors, load."""

import os
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.inference.bundle import Bundle, load_bundle
from mobilenet_perception.inference.engines import EngineStore
from mobilenet_perception.inference.runtimes import RUNTIMES
from mobilenet_perception.ros.environment import ros_distribution
from mobilenet_perception.system.machine import Sensors
from mobilenet_perception.tools.doctor.environment.probe import look
from mobilenet_perception.tools.doctor.machine_facts import CachedEngine, MachineFacts
from mobilenet_perception.tools.doctor.processes import busy_share

ROS = 'ros'
_LIBRARIES = ('cv_bridge', 'psutil', 'simplejpeg', 'vision_msgs')
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
            runtimes: those that are needed, of `RUNTIMES`.
            bundles: why each is not sound, by folder; empty: it is.
        """
        state, busy = self._sensors.read(), busy_share()
        engines, trouble = _engines()
        needed = (RUNTIMES[runtime].libraries[0] for runtime in runtimes)
        self._look(*needed, *(engine.library for engine in engines))
        return MachineFacts(
            libraries=self._libraries,
            numpy=np.__version__,
            ros={'distribution': ros_distribution(), **self._libraries[ROS]},
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
