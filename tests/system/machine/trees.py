# SPDX-License-Identifier: Apache-2.0
"""File systems as kernels of a few machines show them: input for the readers."""

from collections.abc import Mapping
from pathlib import Path


def write(root: Path, files: Mapping[str, object]) -> Path:
    """Write small files under a root; returns the root."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'{content}\n')
    return root


def orin(root: Path) -> Path:
    """A Jetson Orin Nano with JetPack 6.2, cool and idle."""
    thermal, cpu = 'sys/class/thermal', 'sys/devices/system/cpu'
    gpu = 'sys/class/devfreq/17000000.gpu'
    write(root, {
        'proc/device-tree/model': 'NVIDIA Jetson Orin Nano Developer Kit\0',
        'proc/cpuinfo': 'processor\t: 0\nmodel name\t: ARMv8 Processor rev 1 (v8l)\n'
                        'CPU implementer\t: 0x41\nCPU part\t: 0xd42\n',
        'proc/meminfo': 'MemTotal:        7802000 kB\nMemFree:  1 kB',
        'etc/os-release': 'NAME="Ubuntu"\nPRETTY_NAME="Ubuntu 22.04.5 LTS"',
        'etc/nv_tegra_release': '# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: generic',
        'var/lib/dpkg/status': 'Package: nvidia-jetpack\nStatus: install ok installed\n'
                               'Version: 6.2+b77',
        'etc/nvpmodel.conf': '# < POWER_MODEL ID=id_num NAME=mode_name >\n'
                             '< POWER_MODEL ID=0 NAME=15W >\nCPU_ONLINE CORE_0 1\n'
                             '< POWER_MODEL ID=2 NAME=MAXN_SUPER >\n< PM_CONFIG DEFAULT=0 >',
        'var/lib/nvpmodel/status': 'pmode:0002',
        f'{thermal}/thermal_zone0/type': 'cpu-thermal',
        f'{thermal}/thermal_zone0/temp': 45250,
        f'{thermal}/thermal_zone0/trip_point_0_type': 'active',
        f'{thermal}/thermal_zone0/trip_point_0_temp': 51000,
        f'{thermal}/thermal_zone0/trip_point_1_type': 'critical',
        f'{thermal}/thermal_zone0/trip_point_1_temp': 104500,
        f'{thermal}/thermal_zone0/trip_point_2_type': 'passive',
        f'{thermal}/thermal_zone0/trip_point_2_temp': 99000,
        # A GPU without power does not tell.
        f'{thermal}/thermal_zone1/type': 'gpu-thermal',
        f'{thermal}/thermal_zone10/type': 'tj-thermal',
        f'{thermal}/thermal_zone10/temp': 46500,
        f'{thermal}/thermal_zone2/type': 'PMIC-Die',
        f'{thermal}/thermal_zone2/temp': 100000,
        f'{thermal}/thermal_zone3/type': 'soc0-thermal',
        f'{thermal}/thermal_zone3/temp': 44000,
        f'{thermal}/cooling_device0/type': 'cpufreq-cpu0',
        f'{thermal}/cooling_device0/cur_state': 0,
        f'{thermal}/cooling_device1/type': 'pwm-fan',
        f'{thermal}/cooling_device1/cur_state': 3,
        f'{thermal}/cooling_device2/type': 'gpu-throttle-alert',
        f'{thermal}/cooling_device2/cur_state': 0,
        f'{gpu}/cur_freq': 306000000,
        f'{gpu}/max_freq': 1020000000,
        f'{gpu}/device/load': 125,
        'sys/class/devfreq/15340000.vic/cur_freq': 115200000,
        'sys/class/hwmon/hwmon4/fan1_input': 1840,
    })  # fmt: skip
    for policy, mhz in ((0, 1510.4), (4, 729.6)):
        clock(root / f'{cpu}/cpufreq/policy{policy}', 'schedutil', mhz)
    return root


def clock(folder: Path, governor: str, mhz: float, driver: str = 'tegra194') -> None:
    """Write the files of one clock, with a limit of 1510.4 MHz and hardware for 1728."""
    write(folder, {
        'scaling_governor': governor, 'scaling_driver': driver,
        'scaling_cur_freq': round(1e3 * mhz),
        'scaling_max_freq': 1510400, 'cpuinfo_max_freq': 1728000,
    })  # fmt: skip


def computer(root: Path, throttled: int = 0) -> Path:
    """A small computer with an Intel processor."""
    core = 'sys/devices/system/cpu/cpu{}/thermal_throttle'
    write(root, {
        'proc/cpuinfo': 'processor\t: 0\nmodel name\t: Intel(R) N100\n',
        'etc/os-release': 'PRETTY_NAME="Ubuntu 24.04.3 LTS"',
        'sys/class/dmi/id/product_name': 'Mini PC',
        'sys/class/thermal/thermal_zone0/type': 'acpitz',
        'sys/class/thermal/thermal_zone0/temp': 27800,
        'sys/class/thermal/thermal_zone0/trip_point_0_type': 'critical',
        'sys/class/thermal/thermal_zone0/trip_point_0_temp': -274000,
        'sys/class/thermal/thermal_zone1/type': 'acpitz',
        'sys/class/thermal/thermal_zone1/temp': 29800,
        **{f'{core.format(number)}/core_throttle_count': throttled for number in range(2)},
        **{f'{core.format(number)}/package_throttle_count': throttled for number in range(2)},
    })  # fmt: skip
    clock(root / 'sys/devices/system/cpu/cpufreq/policy0', 'powersave', 800.0, 'intel_pstate')
    return root
