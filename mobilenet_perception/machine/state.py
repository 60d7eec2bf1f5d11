# SPDX-License-Identifier: Apache-2.0
"""How the computer is doing at one moment."""

from typing import Any, NamedTuple

from mobilenet_perception.machine.gpu import Gpu
from mobilenet_perception.machine.processor import Clock
from mobilenet_perception.machine.thermal import Temperature


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
