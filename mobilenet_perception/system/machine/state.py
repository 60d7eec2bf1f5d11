# SPDX-License-Identifier: Apache-2.0
"""The state of the computer: how it is doing now, what is wrong with it, and a watch over it."""

import threading
from pathlib import Path
from typing import Any, NamedTuple

from mobilenet_perception.system.machine.kernel_files import numbered, read_number
from mobilenet_perception.system.machine.sensors import (
    Clock,
    Gpu,
    GpuSensor,
    PowerModeSensor,
    Temperature,
    clock_sensors,
    cooling_devices,
    temperature_sensors,
    throttle_counters,
)

# Whose `powersave` is their normal governor: it follows the load, as schedutil does (the kernel's
# guides to intel_pstate and amd-pstate). Elsewhere it holds the lowest clock.
_FOLLOW_THE_LOAD = ('intel_pstate', 'amd_pstate_epp')
_COOL = 'cool the computer, or choose a lower power mode so that it need not slow down'
_PERIOD_S = 1.0
_PATIENCE_S = 1.0


class MachineState(NamedTuple):
    """How the computer is doing. Empty or None: it does not tell.

    Attributes:
        power_mode: of a Jetson.
        clocks: of the processor's cores.
        temperatures: of all sensors that answer.
        slowed_by: cooling devices that slow a processor down at this moment.
        throttle_count: how often the processor has slowed down because of heat since it started.
        gpu: of a GPU that is part of the chip.
        fan_rpm: revolutions of the fan a minute.
    """

    power_mode: str = ''
    clocks: tuple[Clock, ...] = ()
    temperatures: tuple[Temperature, ...] = ()
    slowed_by: tuple[str, ...] = ()
    throttle_count: int | None = None
    gpu: Gpu | None = None
    fan_rpm: int | None = None

    @property
    def governor(self) -> str:
        """The governors in use, with commas between."""
        return ', '.join(dict.fromkeys(clock.governor for clock in self.clocks if clock.governor))

    @property
    def hottest(self) -> Temperature | None:
        """The sensor that is hottest."""
        return max(self.temperatures, key=lambda found: found.celsius, default=None)

    def values(self) -> dict[str, object]:
        """Return figures by name, for diagnostics and reports: only those that are known.

        Clocks are those of the fastest cores, in MHz; temperatures are in degrees Celsius; loads
        are 0 to 1.
        """
        gpu = self.gpu or Gpu(None, None, None)
        hottest = self.hottest
        found: dict[str, object] = {
            'power_mode': self.power_mode or None,
            'governor': self.governor or None,
            'cpu_mhz': _highest(clock.mhz for clock in self.clocks),
            'cpu_limit_mhz': _highest(clock.limit_mhz for clock in self.clocks),
            'cpu_highest_mhz': _highest(clock.highest_mhz for clock in self.clocks),
            'gpu_mhz': gpu.mhz,
            'gpu_limit_mhz': gpu.limit_mhz,
            'gpu_load': gpu.load,
            'hottest': hottest.name if hottest else None,
            'hottest_c': hottest.celsius if hottest else None,
            'slowed_by': ', '.join(self.slowed_by) or None,
            'throttle_count': self.throttle_count,
            'fan_rpm': self.fan_rpm,
        }
        return {name: value for name, value in found.items() if value is not None}

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values: `values`, each clock, and each temperature by its sensor."""
        return {
            **self.values(),
            'clocks': [clock._asdict() for clock in self.clocks],
            'temperatures_c': {found.name: found.celsius for found in self.temperatures},
        }


class Sensors:
    """The computer's sensors.

    Args:
        root: of the file system to read.
    """

    def __init__(self, root: Path = Path('/')) -> None:
        self._clocks = clock_sensors(root)
        self._temperatures = temperature_sensors(root)
        self._cooling = cooling_devices(root)
        self._throttle_counters = throttle_counters(root)
        self._gpu = GpuSensor(root)
        self._power_mode = PowerModeSensor(root)
        fans = numbered((root / 'sys/class/hwmon').glob('hwmon*/fan1_input'))
        self._fan = str(fans[0]) if fans else ''

    def read(self) -> MachineState:
        """Return how the computer is doing now."""
        # A sensor without power, as that of a GPU may be, does not tell.
        temperatures = [
            Temperature(name, value / 1e3, limit_c)
            for name, path, limit_c in self._temperatures
            if (value := read_number(path)) is not None
        ]
        cooling = [name for name, path in self._cooling if (read_number(path) or 0) > 0]
        counts = [read_number(path) or 0 for path in self._throttle_counters]
        return MachineState(
            power_mode=self._power_mode.read(),
            clocks=tuple(sensor.read() for sensor in self._clocks),
            temperatures=tuple(temperatures),
            slowed_by=tuple(cooling),
            throttle_count=sum(counts) if counts else None,
            gpu=self._gpu.read(),
            fan_rpm=read_number(self._fan) if self._fan else None,
        )


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


def _highest(values: Any) -> float | None:
    return max((value for value in values if value is not None), default=None)
