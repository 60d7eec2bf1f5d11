# SPDX-License-Identifier: Apache-2.0
"""The sensors of the computer: clocks, temperatures, what slows it down, and a Jetson's GPU.

Each is found once, so that reading it every second is cheap. Not by psutil: where any other chip
tells a temperature, such as a Jetson's disk, it looks at no thermal zone, and on an Orin it may
raise (its issues 1873 and 2477); it knows neither passive trip points nor governors.

Sources: the Linux kernel's guides to CPU performance scaling (admin-guide/pm/cpufreq; kHz), to the
thermal sysfs interface (driver-api/thermal/sysfs-api; thousandths of a degree) and to Intel's
throttle events (admin-guide/thermal/intel_thermal_throttle); its class devfreq
(ABI/testing/sysfs-class-devfreq; Hz), whose `load`, in thousandths, is the GPU driver's of Jetson
Linux up to JetPack 6, where jetson-stats reads it too; the Jetson Linux developer guide for
nvpmodel; public listings of /sys/class/thermal of Orin and Thor for names of cooling devices.

Read a file that the kernel writes, or that may not be there.
"""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

# Longer than anything that one such file says, but for /proc/cpuinfo and the list of packages.
_CHUNK_BYTES = 65536


def read_text(path: Path | str) -> str:
    """Return a file's text, stripped; empty where it is absent or cannot be read now.

    A sensor may refuse: the temperature of a GPU without power, the clock of a processor that is
    offline.
    """
    try:
        # Several times faster than Path.read_text: these are read every second.
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ''
    parts = []
    try:
        while part := os.read(handle, _CHUNK_BYTES):
            parts.append(part)
    except OSError:
        return ''
    finally:
        os.close(handle)
    # Strings of a device tree end in a zero byte.
    return b''.join(parts).decode('utf-8', 'replace').strip('\0 \t\r\n')


def read_number(path: Path | str) -> int | None:
    """Return the whole number that a file says; None where it says none."""
    try:
        return int(read_text(path))
    except ValueError:
        return None


def numbered(paths: Iterable[Path]) -> list[Path]:
    """Sort `thermal_zone2` before `thermal_zone10`."""
    return sorted(paths, key=lambda path: (len(path.name), path.name))


# In a MHz.
_KHZ, _HZ = 1e3, 1e6
# Firmware fills trip points that it does not use with 0, -274 and the like.
_LOWEST_LIMIT_C = 40.0
# Cooling devices that slow a processor down: cpufreq-cpu0, thermal-cpufreq-0, devfreq-gpu,
# Processor (ACPI), cpu-throttle-alert (Jetson). Others are fans, or warn of a hot surface.
_SLOWS_DOWN = re.compile(r'cpufreq|devfreq|throttle-alert|^Processor$|powerclamp')
# AMD's processors have no thermal zone; their sensor is a hardware monitor.
_MONITORS = ('k10temp', 'zenpower')
# The zone of a Jetson's power chip says a constant, up to 100 degrees (jetson-stats skips it too).
_CONSTANT = 'PMIC'
# 17000000.gpu and 17000000.ga10b (Orin), 17000000.gv11b (Xavier), gpu-gpc-0 (Thor).
_GPU = re.compile(r'(^|\W)(gpu|gpu-gpc-0|ga10b|gv11b|gp10b|gm20b)$')
# `< POWER_MODEL ID=2 NAME=MAXN_SUPER >`
_POWER_MODE = re.compile(r'<\s*POWER_MODEL\s+ID=(\d+)\s+NAME=(\S+)\s*>')


class Clock(NamedTuple):
    """The clock of cores that share one, a `policy` of the kernel. In MHz.

    Attributes:
        governor: what chooses it: `schedutil`, `performance`, `powersave`, ...
        driver: what sets it.
        mhz: now; None: it does not tell.
        limit_mhz: the highest allowed, by the power mode or by heat.
        highest_mhz: the highest that the hardware has.
    """

    governor: str
    driver: str
    mhz: float | None
    limit_mhz: float | None
    highest_mhz: float | None


class ClockSensor:
    """Reads the clock of one policy.

    Args:
        folder: .../cpufreq/policy<N>.
    """

    def __init__(self, folder: Path) -> None:
        self._driver = read_text(folder / 'scaling_driver')
        self._highest = _mhz(folder / 'cpuinfo_max_freq', _KHZ)
        self._governor = str(folder / 'scaling_governor')
        self._current = str(folder / 'scaling_cur_freq')
        self._limit = str(folder / 'scaling_max_freq')

    def read(self) -> Clock:
        """Return the clock as it is now."""
        return Clock(
            read_text(self._governor),
            self._driver,
            _mhz(self._current, _KHZ),
            _mhz(self._limit, _KHZ),
            self._highest,
        )


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


class Gpu(NamedTuple):
    """How the GPU is doing; None: it does not tell.

    Attributes:
        mhz: its clock now.
        limit_mhz: the highest clock allowed, by the power mode or by heat.
        load: share of the time in which it was busy, 0 to 1.
    """

    mhz: float | None
    limit_mhz: float | None
    load: float | None


class GpuSensor:
    """Reads the first GPU of the class devfreq; one of a card in a slot is not there."""

    def __init__(self, root: Path) -> None:
        folders = numbered((root / 'sys/class/devfreq').glob('*'))
        self._folder = next((str(path) for path in folders if _GPU.search(path.name)), '')

    def read(self) -> Gpu | None:
        """Return how it is doing; None: there is none."""
        if not self._folder:
            return None
        load = read_number(f'{self._folder}/device/load')
        mhz, limit_mhz = (_mhz(f'{self._folder}/{name}_freq', _HZ) for name in ('cur', 'max'))
        return Gpu(mhz, limit_mhz, None if load is None else load / 1e3)


class PowerModeSensor:
    """Reads which power mode `nvpmodel` has set; modes differ from module to module."""

    def __init__(self, root: Path) -> None:
        modes = _POWER_MODE.findall(read_text(root / 'etc/nvpmodel.conf'))
        self._names: dict[int, str] = {int(number): name for number, name in modes}
        # `pmode:0002`, written by nvpmodel itself; readable by all, while `nvpmodel -q` is not.
        self._status = str(root / 'var/lib/nvpmodel/status')

    def read(self) -> str:
        """Return the mode's name, or its number where no name is known; empty: there is none."""
        found = re.search(r'pmode:(\d+)', read_text(self._status))
        if not found:
            return ''
        number = int(found[1])
        return self._names.get(number, f'mode {number}')


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
        self._clocks = _clock_sensors(root)
        self._temperatures = _temperature_sensors(root)
        self._cooling = _cooling_devices(root)
        self._throttle_counters = _throttle_counters(root)
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


def _clock_sensors(root: Path) -> list[ClockSensor]:
    """Return a sensor of each clock; a virtual machine has none."""
    folder = root / 'sys/devices/system/cpu/cpufreq'
    return [ClockSensor(policy) for policy in numbered(folder.glob('policy*'))]


def _temperature_sensors(root: Path) -> list[tuple[str, str, float | None]]:
    """Return name, file and limit of each thermal zone, and of AMD's processors."""
    found: dict[str, tuple[str, str, float | None]] = {}
    for zone in numbered((root / 'sys/class/thermal').glob('thermal_zone*')):
        name = read_text(zone / 'type') or zone.name
        if name in found:
            name = f'{name} ({zone.name})'
        if not name.startswith(_CONSTANT):
            found[name] = name, str(zone / 'temp'), _limit_c(zone)
    for monitor in numbered((root / 'sys/class/hwmon').glob('hwmon*')):
        name = read_text(monitor / 'name')
        if name in _MONITORS:
            found[name] = name, str(monitor / 'temp1_input'), None
    return list(found.values())


def _cooling_devices(root: Path) -> list[tuple[str, str]]:
    """Return name and file of each cooling device that slows a processor down; 0 when idle."""
    devices = numbered((root / 'sys/class/thermal').glob('cooling_device*'))
    found = ((read_text(device / 'type'), str(device / 'cur_state')) for device in devices)
    return [(name, path) for name, path in found if _SLOWS_DOWN.search(name)]


def _throttle_counters(root: Path) -> list[str]:
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


def _mhz(path: Path | str, unit: float) -> float | None:
    value = read_number(path)
    return None if value is None else value / unit


def _highest(values: Any) -> float | None:
    return max((value for value in values if value is not None), default=None)
