# SPDX-License-Identifier: Apache-2.0
"""The processor: its model, its memory, and the clock of each group of its cores.

Source: the Linux kernel's guide to CPU performance scaling (admin-guide/pm/cpufreq), by which
clocks are in kHz.
"""

import platform
from pathlib import Path
from typing import NamedTuple

from mobilenet_perception.system.machine.files import numbered, read_number, read_text

# Arm's cores say a number: implementer 0x41 and these parts, by their technical reference manuals.
_ARM = '0x41'
_ARM_CORES = {
    '0xd03': 'Cortex-A53',
    '0xd07': 'Cortex-A57',
    '0xd08': 'Cortex-A72',
    '0xd0b': 'Cortex-A76',
    '0xd41': 'Cortex-A78',
    '0xd42': 'Cortex-A78AE',
    '0xd83': 'Neoverse V3AE',
}


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
        self._highest = _mhz(folder / 'cpuinfo_max_freq')
        self._governor = str(folder / 'scaling_governor')
        self._current = str(folder / 'scaling_cur_freq')
        self._limit = str(folder / 'scaling_max_freq')

    def read(self) -> Clock:
        """Return the clock as it is now."""
        return Clock(
            read_text(self._governor),
            self._driver,
            _mhz(self._current),
            _mhz(self._limit),
            self._highest,
        )


def clock_sensors(root: Path) -> list[ClockSensor]:
    """Return a sensor of each clock; a virtual machine has none."""
    folder = root / 'sys/devices/system/cpu/cpufreq'
    return [ClockSensor(policy) for policy in numbered(folder.glob('policy*'))]


def processor_name(root: Path = Path('/')) -> str:
    """Return the processor's model, as the kernel has it."""
    said: dict[str, str] = {}
    for line in read_text(root / 'proc/cpuinfo').splitlines():
        key, _, value = line.partition(':')
        said.setdefault(key.strip(), value.strip())
    core = _ARM_CORES.get(said.get('CPU part', '')) if said.get('CPU implementer') == _ARM else ''
    return core or said.get('model name') or platform.machine()


def memory_mb(root: Path = Path('/')) -> int | None:
    """Return the memory that the kernel has, in 10^6 bytes."""
    for line in read_text(root / 'proc/meminfo').splitlines():
        if line.startswith('MemTotal:'):
            return int(line.split()[1]) * 1024 // 1_000_000
    return None


def _mhz(path: Path | str) -> float | None:
    khz = read_number(path)
    return None if khz is None else khz / 1e3
