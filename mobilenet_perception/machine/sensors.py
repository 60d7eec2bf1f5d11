# SPDX-License-Identifier: Apache-2.0
"""All that is read over and over: found once, so that reading it is cheap."""

from pathlib import Path

from mobilenet_perception.machine.files import numbered, read_number
from mobilenet_perception.machine.gpu import GpuSensor
from mobilenet_perception.machine.jetson import PowerModeSensor
from mobilenet_perception.machine.processor import clock_sensors
from mobilenet_perception.machine.state import MachineState
from mobilenet_perception.machine.thermal import (
    cooling_sensors,
    temperature_sensors,
    throttle_counters,
)


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
