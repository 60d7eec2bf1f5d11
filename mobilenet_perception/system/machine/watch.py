# SPDX-License-Identifier: Apache-2.0
"""Reads the sensors once a second, in a thread of its own."""

import threading
from typing import NamedTuple

from mobilenet_perception.system.machine.sensors import MachineState, Sensors

_PERIOD_S = 1.0
_PATIENCE_S = 1.0


class Looks(NamedTuple):
    """The last two looks at the sensors; both the same until there is a second."""

    state: MachineState
    before: MachineState


class Watch:
    """Looks at the sensors, so that nobody has to wait for them.

    Most answer in microseconds, but not all: Linux before 5.19 lets who asks for the clock of an
    x86 core wait 10 ms (arch/x86/kernel/cpu/aperfmperf.c), and sensors of a Jetson ask another
    processor.

    Args:
        sensors: to look at.
        period_s: between two looks, in seconds.
    """

    def __init__(self, sensors: Sensors, period_s: float = _PERIOD_S) -> None:
        self._sensors = sensors
        self._period_s = period_s
        first = sensors.read()
        self._looks = Looks(first, first)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name='machine', daemon=True)
        self._thread.start()

    @property
    def looks(self) -> Looks:
        """The last two looks; from any thread, at once."""
        return self._looks

    def close(self) -> None:
        """End the thread."""
        self._ended.set()
        self._thread.join(_PATIENCE_S)

    def _run(self) -> None:
        while not self._ended.wait(self._period_s):
            self._looks = Looks(self._sensors.read(), self._looks.state)
