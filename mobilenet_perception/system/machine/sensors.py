# SPDX-License-Identifier: Apache-2.0
"""All that is read over and over: found once, so that reading it is cheap.

How the computer is doing at one moment.
"""

from pathlib import Path
from typing import Any, NamedTuple

from mobilenet_perception.system.machine.files import numbered, read_number
from mobilenet_perception.system.machine.gpu import Gpu, GpuSensor
from mobilenet_perception.system.machine.jetson import PowerModeSensor
from mobilenet_perception.system.machine.processor import Clock, clock_sensors
from mobilenet_perception.system.machine.thermal import (
    Temperature,
    cooling_sensors,
    temperature_sensors,
    throttle_counters,
)


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


def _highest(values: Any) -> float | None:
    return max((value for value in values if value is not None), default=None)


class Sensors:
    """The computer's sensors.

    Args:
        root: of the file system to read.
    """

    def __init__(self, root: Path = Path('/')) -> None:
        self._clocks = clock_sensors(root)
        self._temperatures = temperature_sensors(root)
        self._cooling = cooling_sensors(root)
        self._throttle_counters = throttle_counters(root)
        self._gpu = GpuSensor(root)
        self._power_mode = PowerModeSensor(root)
        fans = numbered((root / 'sys/class/hwmon').glob('hwmon*/fan1_input'))
        self._fan = str(fans[0]) if fans else ''

    def read(self) -> MachineState:
        """Return how the computer is doing now."""
        temperatures = (sensor.read() for sensor in self._temperatures)
        counts = [read_number(path) or 0 for path in self._throttle_counters]
        return MachineState(
            power_mode=self._power_mode.read(),
            clocks=tuple(sensor.read() for sensor in self._clocks),
            temperatures=tuple(found for found in temperatures if found is not None),
            slowed_by=tuple(sensor.name for sensor in self._cooling if sensor.at_work()),
            throttle_count=sum(counts) if counts else None,
            gpu=self._gpu.read(),
            fan_rpm=read_number(self._fan) if self._fan else None,
        )
