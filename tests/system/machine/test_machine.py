# SPDX-License-Identifier: Apache-2.0
import time
from pathlib import Path

import pytest

from mobilenet_perception.pipeline.health import machine_health
from mobilenet_perception.system.machine import (
    MachineState,
    Readings,
    Sensors,
    Watch,
    read_identity,
    troubles,
)
from tests.system.machine.trees import clock, computer, orin, write


def told(root: Path) -> list[str]:
    state = Sensors(root).read()
    return troubles(state, state)


def test_a_jetson_says_what_it_is(tmp_path: Path) -> None:
    found = read_identity(orin(tmp_path))
    assert found.board == 'NVIDIA Jetson Orin Nano Developer Kit'
    assert found.processor == 'Cortex-A78AE'
    assert found.memory_mb == 7989
    assert found.system == 'Ubuntu 22.04.5 LTS'
    assert (found.l4t, found.jetpack) == ('36.4.3', '6.2')


@pytest.mark.parametrize(
    ('release', 'l4t'),
    [
        ('R36 (release), REVISION: 3.0', '36.3.0'),
        ('R36 (release), REVISION: 5.0', '36.5.0'),
        ('R38 (release), REVISION: 4.0', '38.4.0'),
        ('R39 (release), REVISION: 2.0', '39.2.0'),
        ('R41 (release), REVISION: 1.0', '41.1.0'),
    ],
)
def test_where_its_package_is_not_installed_the_release_stands_for_jetpack(
    release: str, l4t: str, tmp_path: Path
) -> None:
    write(tmp_path, {'etc/nv_tegra_release': f'# {release}, GCID: 1, BOARD: generic'})
    found = read_identity(tmp_path)
    assert (found.l4t, found.jetpack) == (l4t, f'L4T {l4t}')


def test_packages_say_it_where_they_are_installed(tmp_path: Path) -> None:
    status = (
        'Package: nvidia-jetpack\nStatus: install ok installed\nVersion: 6.2.1+b38\n\n'
        'Package: nvidia-l4t-core\nStatus: install ok installed\nVersion: 36.4.4-20250616085344\n'
    )
    found = read_identity(write(tmp_path, {'var/lib/dpkg/status': status}))
    assert (found.l4t, found.jetpack) == ('36.4.4', '6.2.1')


def test_a_jetson_says_how_it_does(tmp_path: Path) -> None:
    state = Sensors(orin(tmp_path)).read()
    assert state.values() == {
        'power_mode': 'MAXN_SUPER', 'governor': 'schedutil',
        'cpu_mhz': 1510.4, 'cpu_limit_mhz': 1510.4, 'cpu_highest_mhz': 1728.0,
        'gpu_mhz': 306.0, 'gpu_limit_mhz': 1020.0, 'gpu_load': 0.125,
        'hottest': 'tj-thermal', 'hottest_c': 46.5, 'fan_rpm': 1840,
    }  # fmt: skip
    assert [(found.name, found.limit_c) for found in state.temperatures] == [
        ('cpu-thermal', 99.0), ('soc0-thermal', None), ('tj-thermal', None),
    ]  # fmt: skip
    assert state.to_json()['temperatures_c'] == {
        'cpu-thermal': 45.25, 'soc0-thermal': 44.0, 'tj-thermal': 46.5,
    }  # fmt: skip
    assert [clock['mhz'] for clock in state.to_json()['clocks']] == [1510.4, 729.6]
    assert troubles(state, state) == []


def test_sensors_follow_what_changes(tmp_path: Path) -> None:
    sensors = Sensors(orin(tmp_path))
    sensors.read()
    write(tmp_path, {'var/lib/nvpmodel/status': 'pmode:0007'})
    (tmp_path / 'sys/class/devfreq/17000000.gpu/device/load').unlink()
    values = sensors.read().values()
    assert values['power_mode'] == 'mode 7' and 'gpu_load' not in values


def test_a_machine_that_tells_nothing_is_no_error(tmp_path: Path) -> None:
    state = Sensors(tmp_path).read()
    assert state == MachineState() and state.values() == {}
    assert troubles(state, state) == []
    assert not any((*read_identity(tmp_path)[:1], *read_identity(tmp_path)[2:]))
    # Nor is a folder where a file should be, or one with nonsense in it.
    write(tmp_path, {'proc/cpuinfo/x': '', 'var/lib/nvpmodel/status': '\0\0',
                     'sys/class/thermal/thermal_zone0/temp': 'hot'})  # fmt: skip
    assert Sensors(tmp_path).read().values() == {}


def test_heat_is_told_with_its_limit(tmp_path: Path) -> None:
    write(orin(tmp_path), {'sys/class/thermal/thermal_zone0/temp': 99500})
    (said,) = told(tmp_path)
    assert 'cpu-thermal is at 99.5 °C, and the system slows down or ends from 99.0 °C' in said


def test_cooling_devices_tell_of_slowing_down_and_fans_do_not(tmp_path: Path) -> None:
    write(orin(tmp_path), {'sys/class/thermal/cooling_device2/cur_state': 1})
    (said,) = told(tmp_path)
    assert 'slowed down because of heat (gpu-throttle-alert)' in said


def test_throttle_counters_tell_of_what_is_new(tmp_path: Path) -> None:
    before = Sensors(computer(tmp_path, throttled=5)).read()
    now = Sensors(computer(tmp_path, throttled=6)).read()
    # Two cores and their package.
    assert now.throttle_count == 18
    assert troubles(before, before) == []
    (said,) = troubles(now, before)
    assert 'slowed down 3 times because of heat' in said


def test_powersave_is_slow_unless_the_driver_follows_the_load(tmp_path: Path) -> None:
    assert told(computer(tmp_path / 'pc')) == []
    orin(tmp_path / 'jetson')
    clock(tmp_path / 'jetson/sys/devices/system/cpu/cpufreq/policy4', 'powersave', 729.6)
    (said,) = told(tmp_path / 'jetson')
    assert 'powersave holds the lowest clock' in said


def test_a_container_does_not_see_the_device_tree(tmp_path: Path) -> None:
    (orin(tmp_path) / 'proc/device-tree/model').unlink()
    write(tmp_path, {'sys/devices/soc0/machine': 'NVIDIA Jetson Orin Nano'})
    assert read_identity(tmp_path).board == 'NVIDIA Jetson Orin Nano'


def test_a_computer_is_known_by_its_product_and_all_its_sensors(tmp_path: Path) -> None:
    assert read_identity(computer(tmp_path)).board == 'Mini PC'
    assert read_identity(tmp_path).jetpack == ''
    # Trip points that firmware does not use are none.
    assert Sensors(tmp_path).read().to_json()['temperatures_c'] == {
        'acpitz': 27.8, 'acpitz (thermal_zone1)': 29.8,
    }  # fmt: skip


def test_health_has_what_is_known(tmp_path: Path) -> None:
    state = Sensors(computer(tmp_path)).read()
    values = machine_health(read_identity(tmp_path), Readings(state, state)).values
    assert (values['board'], values['governor']) == ('Mini PC', 'powersave')
    assert 'jetpack' not in values and 'power_mode' not in values


def test_the_watch_keeps_looking_until_it_is_closed(tmp_path: Path) -> None:
    watch = Watch(Sensors(orin(tmp_path)), period_s=0.005)
    write(tmp_path, {'sys/class/thermal/cooling_device0/cur_state': 2})
    end = time.monotonic() + 10
    while not watch.readings.before.slowed_by and time.monotonic() < end:
        time.sleep(0.005)
    assert watch.readings.state.slowed_by == watch.readings.before.slowed_by == ('cpufreq-cpu0',)
    watch.close()
    write(tmp_path, {'sys/class/thermal/cooling_device0/cur_state': 0})
    time.sleep(0.05)
    assert watch.readings.state.slowed_by == ('cpufreq-cpu0',)
