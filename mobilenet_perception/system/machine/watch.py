# SPDX-License-Identifier: Apache-2.0
"""A watch over the computer: its sensors once a second, and what is wrong, in sentences."""

import threading
from typing import NamedTuple

from mobilenet_perception.system.machine.sensors import MachineState, Sensors

# Whose `powersave` is their normal governor: it follows the load, as schedutil does (the kernel's
# guides to intel_pstate and amd-pstate). Elsewhere it holds the lowest clock.
_FOLLOW_THE_LOAD = ('intel_pstate', 'amd_pstate_epp')
_COOL = 'cool the computer, or choose a lower power mode so that it need not slow down'
_PERIOD_S = 1.0
_PATIENCE_S = 1.0


class Readings(NamedTuple):
    """The last two readings of the sensors; both the same until there is a second."""

    state: MachineState
    before: MachineState


class Watch:
    """Reads the sensors, so that nobody has to wait for them.

    Most answer in microseconds, but not all: Linux before 5.19 lets who asks for the clock of an
    x86 core wait 10 ms (arch/x86/kernel/cpu/aperfmperf.c), and sensors of a Jetson ask another
    processor.

    Args:
        sensors: to read.
        period_s: between two readings, in seconds.
    """

    def __init__(self, sensors: Sensors, period_s: float = _PERIOD_S) -> None:
        self._sensors = sensors
        self._period_s = period_s
        first = sensors.read()
        self._readings = Readings(first, first)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name='machine', daemon=True)
        self._thread.start()

    @property
    def readings(self) -> Readings:
        """The last two; from any thread, at once."""
        return self._readings

    def close(self) -> None:
        """End the thread."""
        self._ended.set()
        self._thread.join(_PATIENCE_S)

    def _run(self) -> None:
        while not self._ended.wait(self._period_s):
            self._readings = Readings(self._sensors.read(), self._readings.state)


def troubles(state: MachineState, before: MachineState) -> list[str]:
    """Say what makes this computer slower than it could be, or soon will.

    Args:
        state: now.
        before: at the last look, to see what throttle counters have counted since.
    """
    found = []
    hot = [t for t in state.temperatures if t.limit_c is not None and t.celsius >= t.limit_c]
    if hot:
        worst = max(hot, key=lambda temperature: temperature.celsius)
        found.append(
            f'{worst.name} is at {worst.celsius:.1f} °C, and the system slows down or ends from '
            f'{worst.limit_c:.1f} °C: {_COOL}'
        )
    if state.slowed_by:
        found.append(f'slowed down because of heat ({", ".join(state.slowed_by)}): {_COOL}')
    since = (state.throttle_count or 0) - (before.throttle_count or 0)
    if since > 0:
        times = 'once' if since == 1 else f'{since} times'
        found.append(
            f'the processor slowed down {times} because of heat since the last look: {_COOL}'
        )
    drivers = [clock.driver for clock in state.clocks if clock.governor == 'powersave']
    if any(driver.replace('-', '_') not in _FOLLOW_THE_LOAD for driver in drivers):
        found.append(
            'the governor powersave holds the lowest clock: choose another with '
            '`cpupower frequency-set -g schedutil`'
        )
    return found
