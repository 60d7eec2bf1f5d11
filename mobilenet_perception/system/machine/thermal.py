# SPDX-License-Identifier: Apache-2.0
"""Heat: temperatures, their limits, and what holds the processor back because of them.

Sources: the Linux kernel's guide to the thermal sysfs interface (driver-api/thermal/sysfs-api),
by which temperatures are in thousandths of a degree; its guide to Intel's throttle events
(admin-guide/thermal/intel_thermal_throttle); the names of cooling devices on a Jetson as public
listings of /sys/class/thermal of Orin and Thor show them.
"""

import re
from pathlib import Path
from typing import NamedTuple

from mobilenet_perception.system.machine.files import numbered, read_number, read_text

# Firmware fills trip points that it does not use with 0, -274 and the like.
_LOWEST_LIMIT_C = 40.0
# Cooling devices that slow a processor down: cpufreq-cpu0, thermal-cpufreq-0, devfreq-gpu,
# Processor (ACPI), cpu-throttle-alert (Jetson). Others are fans, or warn of a hot surface.
_SLOWS_DOWN = re.compile(r'cpufreq|devfreq|throttle-alert|^Processor$|powerclamp')
# AMD's processors have no thermal zone; their sensor is a hardware monitor.
_MONITORS = ('k10temp', 'zenpower')
# The zone of a Jetson's power chip says a constant, up to 100 degrees (jetson-stats skips it too).
_CONSTANT = 'PMIC'


class Temperature(NamedTuple):
    """One sensor.

    Attributes:
        name: what it measures, as the kernel calls it.
        celsius: degrees.
        limit_c: from here on the system slows down; None: it does not tell.
    """

    name: str
    celsius: float
    limit_c: float | None


class TemperatureSensor(NamedTuple):
    """Reads one temperature.

    Attributes:
        name: see `Temperature`.
        path: file with thousandths of a degree.
        limit_c: see `Temperature`.
    """

    name: str
    path: str
    limit_c: float | None

    def read(self) -> Temperature | None:
        """Return the temperature; None: the sensor is asleep, as a GPU's without power."""
        value = read_number(self.path)
        return None if value is None else Temperature(self.name, value / 1e3, self.limit_c)


class CoolingSensor(NamedTuple):
    """Reads whether one cooling device is at work.

    Attributes:
        name: as the kernel calls it.
        path: file with its state: 0 when idle.
    """

    name: str
    path: str

    def at_work(self) -> bool:
        """Say whether it slows something down now."""
        return (read_number(self.path) or 0) > 0


def temperature_sensors(root: Path) -> list[TemperatureSensor]:
    """Return a sensor of each thermal zone, and of AMD's processors."""
    found: dict[str, TemperatureSensor] = {}
    for zone in numbered((root / 'sys/class/thermal').glob('thermal_zone*')):
        name = read_text(zone / 'type') or zone.name
        if name in found:
            name = f'{name} ({zone.name})'
        if not name.startswith(_CONSTANT):
            found[name] = TemperatureSensor(name, str(zone / 'temp'), _limit_c(zone))
    for monitor in numbered((root / 'sys/class/hwmon').glob('hwmon*')):
        name = read_text(monitor / 'name')
        if name in _MONITORS:
            found[name] = TemperatureSensor(name, str(monitor / 'temp1_input'), None)
    return list(found.values())


def cooling_sensors(root: Path) -> list[CoolingSensor]:
    """Return a sensor of each cooling device that slows a processor down."""
    found = []
    for device in numbered((root / 'sys/class/thermal').glob('cooling_device*')):
        name = read_text(device / 'type')
        if _SLOWS_DOWN.search(name):
            found.append(CoolingSensor(name, str(device / 'cur_state')))
    return found


def throttle_counters(root: Path) -> list[str]:
    """Return the files that count how often Intel's processors slowed down because of heat.

    One of each core, and that of the first core's package.
    """
    cores = numbered((root / 'sys/devices/system/cpu').glob('cpu[0-9]*/thermal_throttle'))
    counters = [core / 'core_throttle_count' for core in cores]
    counters += [core / 'package_throttle_count' for core in cores[:1]]
    return [str(path) for path in counters if path.is_file()]


def _limit_c(zone: Path) -> float | None:
    """Return the lowest trip point of a zone at which the system slows down or ends."""
    limits = []
    for trip in zone.glob('trip_point_*_type'):
        if read_text(trip) in ('passive', 'hot', 'critical'):
            value = read_number(trip.with_name(trip.name.replace('_type', '_temp')))
            limits.append((value or 0) / 1e3)
    return min((limit for limit in limits if limit >= _LOWEST_LIMIT_C), default=None)
