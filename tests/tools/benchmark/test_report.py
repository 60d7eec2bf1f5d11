# SPDX-License-Identifier: Apache-2.0
import getpass
import json
import socket
from pathlib import Path
from typing import Any

import pytest

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.tools.benchmark.report import (
    COLUMNS,
    SCHEMA,
    SCHEMA_VERSION,
    read_report,
    report_text,
    submission,
)
from mobilenet_perception.tools.benchmark.variants import figures_from_json
from tests.tools.benchmark.reports import RUNTIME, held, report, trial, variant


def written(value: Any, folder: Path) -> Path:
    path = folder / 'old.json'
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


def test_a_report_survives_its_file(tmp_path: Path) -> None:
    values = report(variant(), trial(), trial(cameras=4, age_ms=None), held(), held(None))
    assert read_report(written(values, tmp_path)) == values
    found = values['runtimes'][RUNTIME]
    assert figures_from_json(found['variants']['tiny']) == variant()
    assert found['rate_held'] == json.loads(json.dumps(held(None).to_json()))


def test_it_says_where_and_of_what_but_not_whose() -> None:
    values = report(variant())
    assert (values['schema'], values['schema_version']) == (SCHEMA, SCHEMA_VERSION)
    assert values['machine']['processor'] and values['machine']['cores'] >= 1
    assert values['bundle'] == {'name': 'tiny', 'digest': 'ab' * 32}
    machine = values['machine'].values()
    assert socket.gethostname() not in machine and getpass.getuser() not in machine
    assert str(Path.home()) not in json.dumps(values)


def test_it_says_how_the_machine_did_before_and_after() -> None:
    values = report(variant())
    assert set(values['machine_state']) == {'before', 'after'}
    assert {'board', 'system', 'jetpack', 'power_mode', 'governor'} <= set(values['machine'])
    values['machine'] |= {'board': 'Jetson', 'jetpack': '6.2', 'power_mode': '15W'}
    values['machine_state'] = {
        'before': {'cpu_mhz': 729.6, 'hottest_c': 45.2},
        'after': {'hottest_c': 99.1, 'slowed_by': 'cpufreq-cpu0'},
    }
    told = report_text(values)
    assert 'on Jetson, ' in told and 'JetPack 6.2; power mode 15W' in told
    assert (
        'before: 730 MHz, 45.2 °C; after: 99.1 °C, slowed down because of heat (cpufreq-' in told
    )


def test_regions_are_told_where_frames_had_some() -> None:
    with_regions = trial()._replace(regions=8, regions_left=7)
    values = report(with_regions, held())
    values['settings']['regions'] = 8
    told = report_text(values)
    assert '1 thread, 8 regions of each frame' in told
    lines = told.splitlines()
    heading = next(number for number, line in enumerate(lines) if 'regions left' in line)
    assert lines[heading + 1].split()[9] == '7'
    # Reports of earlier releases know of none.
    old = report(trial())
    del old['settings']['regions']
    for item in old['runtimes'][RUNTIME]['trials']:
        del item['regions'], item['regions_left']
    assert 'region' not in report_text(old)


def test_without_jetpacks_package_the_release_is_that_of_jetson_linux() -> None:
    values = report(variant())
    values['machine'] |= {'board': 'Jetson', 'jetpack': 'L4T 36.4.3', 'power_mode': '15W'}
    assert '; L4T 36.4.3; power mode 15W' in report_text(values)
    assert submission(values).startswith('| Jetson | L4T 36.4.3 | 15W |')


def test_rows_fit_the_table_of_devices(root: Path) -> None:
    values = report(variant(), variant('other'))
    values['machine'] |= {'board': 'A|B', 'jetpack': '6.2', 'power_mode': '15W'}
    values['precisions'] = {'tiny': 'fp32', 'other': 'int8'}
    first, second = submission(values).splitlines()
    assert first == '| A\\|B | JetPack 6.2 | 15W | onnxruntime 1.2 | tiny | fp32 | 2.00 | 4.00 |'
    assert '| other | int8 |' in second
    values['machine'] |= {'board': '', 'jetpack': '', 'power_mode': '', 'governor': '',
                          'processor': 'CPU', 'cores': 2, 'system': 'Linux 9'}  # fmt: skip
    assert submission(values).startswith('| 2 cores of CPU | Linux 9 | - | onnx')
    devices = (root / 'docs' / 'devices.md').read_text(encoding='utf-8')
    assert f'| {" | ".join(COLUMNS)} |' in devices.splitlines()


@pytest.mark.parametrize(
    ('content', 'said'),
    [
        ('{', 'not JSON'),
        ('[1]', 'no report'),
        ({'schema': 'another', 'schema_version': 1}, 'no report'),
        ({'schema': SCHEMA, 'schema_version': 99}, 'schema version 99'),
    ],
)
def test_other_files_are_refused(content: Any, said: str, tmp_path: Path) -> None:
    with pytest.raises(PerceptionError, match=said):
        read_report(written(content, tmp_path))


def test_tables_show_every_trial_and_what_was_not_measured() -> None:
    told = report_text(report(variant(), trial(60.0), trial(cameras=4, age_ms=None), held()))
    assert 'highest rate of one camera held: 100.0 Hz; at 120.0 Hz, of 360 frames 7' in told
    for expected in ('tiny', '100.00%', 'tiny 100.0%', '500'):
        assert expected in told
    assert 'no rate of one camera was held; at 120' in report_text(report(held(None)))
    assert 'end to end not measured: no ROS' in report_text(report(skipped='no ROS'))
