# SPDX-License-Identifier: Apache-2.0
"""The command as a person runs it."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from mobilenet_perception.pipeline.timing import Outcome
from mobilenet_perception.tools.cli import main
from tests.support import ROOT
from tests.support.colours import assert_one_sentence, command
from tests.tools.benchmark.reports import RUNTIME

ALONE = ('--quick', '--no-ros', '--seconds', '0.1')
# A budget that a busy machine keeps: what is tested is the way, not the speed.
OVER_DDS = ('--quick', '--seconds', '0.5', '--rates', '20', '--latency-budget-ms', '5000',
            '--size', '64x48', '--highest-rate', '40')  # fmt: skip


@pytest.fixture(scope='module')
def alone(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The JSON of a benchmark of the variants alone."""
    path = tmp_path_factory.mktemp('benchmark') / 'deep' / 'old.json'
    assert main(['benchmark', str(tiny), *ALONE, '--json', str(path)]) == 0
    return path


def test_rows_to_be_submitted_are_printed(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['benchmark', str(tiny), *ALONE, '--submit-table']) == 0
    row = capsys.readouterr().out.splitlines()[-1]
    assert '| onnxruntime ' in row and '| tiny | fp32 |' in row
    assert row.count('|') == 9


def changed(report: Path, folder: Path, factor: float) -> Path:
    """Write a copy in which the median latency is multiplied."""
    values = json.loads(report.read_text())
    values['runtimes'][RUNTIME]['variants']['tiny']['latency_ms']['p50'] *= factor
    copy = folder / 'changed.json'
    copy.write_text(json.dumps(values))
    return copy


def assert_adds_up(trial: dict[str, Any]) -> None:
    assert set(trial['outcomes']) == {str(outcome) for outcome in Outcome}
    assert trial['sent'] == sum(trial['outcomes'].values()) + trial['lost'] + trial['unheard']
    assert 0 < trial['sent'] <= trial['due']


def test_end_to_end_over_dds(tiny: Path, tmp_path: Path) -> None:
    pytest.importorskip('rclpy', reason='needs rclpy: ROS 2 or its wheels')
    out = tmp_path / 'now.json'
    done = command('benchmark', tiny, *OVER_DDS, '--cameras', '2', '--json', out)
    assert done.returncode == 0, done.stderr
    values = json.loads(out.read_text())
    assert not values['skipped'] and not values['interrupted']
    assert 'rclpy' in values['machine']['ros']
    found = values['runtimes'][RUNTIME]
    cases = {(trial['cameras'], trial['rate_hz']): trial for trial in found['trials']}
    assert set(cases) == {(1, 20.0), (2, 30.0)}
    assert (cases[1, 20.0]['due'], cases[2, 30.0]['due']) == (10, 30)
    for trial in found['trials']:
        assert_adds_up(trial)
        assert trial['outcomes']['on_time'] > 0
        assert trial['variants'] == {'tiny': 1.0}
        age, parts = trial['age_ms'], (trial['transport_ms'], trial['total_ms'])
        assert 0 < max(part['max'] for part in parts) <= age['max'] < 5000
        assert age['p50'] <= age['p95'] <= age['p99'] <= age['max']
    held = found['rate_held']
    assert held['attempts'][0]['rate_hz'] == 30.0
    if held['rate_hz'] is not None:
        assert held['rate_hz'] <= 40.0
        assert held['attempts'][-1] == {
            'rate_hz': pytest.approx(held['rate_hz']), 'confirming': True, 'held': True,
            'limit': '',
        }  # fmt: skip
        assert_adds_up(held['confirmation'])
        assert held['confirmation']['outcomes']['on_time'] == held['confirmation']['sent']
    assert 'end to end, milliseconds' in done.stdout and 'rate of one camera' in done.stdout


def test_regions_of_each_frame_end_to_end(tiny: Path, tmp_path: Path) -> None:
    pytest.importorskip('vision_msgs', reason='needs vision_msgs, which `make setup` builds')
    out = tmp_path / 'now.json'
    given = ('--cameras', '1', '--regions', '3', '--json', out)
    done = command('benchmark', tiny, *OVER_DDS, *given)
    assert done.returncode == 0, done.stderr
    values = json.loads(out.read_text())
    assert values['settings']['regions'] == 3
    for trial in values['runtimes'][RUNTIME]['trials']:
        assert_adds_up(trial)
        assert trial['regions'] == 3 and trial['outcomes']['on_time'] > 0
        assert trial['regions_left'] <= trial['outcomes']['on_time']
    assert '3 regions of each frame' in done.stdout and 'regions left' in done.stdout


def test_variants_alone(alone: Path) -> None:
    values = json.loads(alone.read_text())
    assert values['skipped'] == '--no-ros was given'
    found = values['runtimes'][RUNTIME]
    assert (found['trials'], found['rate_held']) == ([], None)
    figures = found['variants']['tiny']
    latency = figures['latency_ms']
    assert 0 < latency['p50'] <= latency['p95'] <= latency['p99'] <= latency['max']
    assert figures['runs'] >= 20
    assert min(figures['load_ms'], figures['first_run_ms'], figures['throughput_hz']) > 0
    # The latency has less in it than the loop that the throughput is of.
    assert figures['throughput_hz'] < 1.1e3 / latency['p50']


@pytest.mark.parametrize(('factor', 'status'), [(1e-6, 1), (1e6, 0)])
def test_compare_fails_a_build_that_got_slower(
    factor: float, status: int, tiny: Path, alone: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    old = changed(alone, tmp_path, factor)
    arguments = ['benchmark', str(tiny), *ALONE, '--compare', str(old), '--fail-above', '50']
    assert main(arguments) == status
    told = capsys.readouterr()
    assert 'onnxruntime, tiny: latency p50 (ms)' in told.out
    assert ('latency p50 (ms) got' in told.err) == bool(status)


def test_a_build_does_not_pass_because_ros_has_gone(
    tiny: Path, alone: Path, tmp_path: Path
) -> None:
    values = json.loads(alone.read_text())
    values['runtimes'][RUNTIME]['rate_held'] = {'rate_hz': 50.0}
    old = tmp_path / 'old.json'
    old.write_text(json.dumps(values))
    arguments = ['benchmark', str(tiny), '--quick', '--seconds', '0.1', '--compare', str(old)]
    for extra, status in (['--fail-above', '1e9'], 1), (['--no-ros', '--fail-above', '1e9'], 0):
        code = (
            'import sys; sys.modules["rclpy"] = None\n'
            'from mobilenet_perception.tools.cli import main\n'
            f'sys.exit(main({arguments + extra!r}))'
        )
        done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True,
                              cwd=ROOT, timeout=120, check=False)  # fmt: skip
        assert done.returncode == status, done.stderr
        assert 'Traceback' not in done.stderr
        assert ('rclpy is not here' in done.stdout) == ('--no-ros' not in extra)
        assert 'not measured now: onnxruntime, rate held (Hz)' in done.stdout


@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        (['{empty}'], 'not a model bundle'),
        (['{tiny}', '--runtime', 'abacus'], 'abacus'),
        (['{tiny}', '--threads', '65'], 'runtime_threads must lie between'),
        (['{tiny}', '--latency-budget-ms', '0.5'], 'latency_budget_ms must lie between'),
        (['{tiny}', '--fail-above', '10'], '--compare'),
        (['{tiny}', '--regions', '4', '--no-ros'], 'end to end'),
        (['{tiny}', '--compare', '{empty}/absent.json'], 'cannot be read'),
        (['{tiny}', '--compare', '{tiny}/bundle.json'], 'no report of this command'),
        (['{tiny}', '--compare', '{other}'], 'none of the variants tiny'),
        (['{tiny}', '--json', '{empty}'], 'cannot be written'),
        (['{tiny}', '--json', '/proc/x/y.json'], '/proc'),
    ],
)
def test_bad_input_is_one_sentence_before_anything_is_measured(
    arguments: list[str], said: str, tiny: Path, alone: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    other = tmp_path / 'other.json'
    other.write_text(alone.read_text().replace('"tiny"', '"another"'))
    given = [item.format(empty=tmp_path, tiny=tiny, other=other) for item in arguments]
    assert main(['benchmark', *given]) == 1
    told = capsys.readouterr()
    assert_one_sentence(told.err)
    assert said in told.err and not told.out


@pytest.mark.parametrize(
    'arguments',
    [
        ['--size', '640'], ['--size', '8x8'], ['--rates', '10,0'], ['--rates', 'fast'],
        ['--regions', '0'], ['--regions', '65'],
        ['--cameras', '0'], ['--cameras', '1,17'], ['--seconds', '-1'], ['--fail-above', '-5'],
    ],
)  # fmt: skip
def test_wrong_usage_is_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(['benchmark', *arguments])
    assert caught.value.code == 2
    assert arguments[0] in capsys.readouterr().err


def test_ctrl_c_prints_what_was_measured_and_leaves_no_process(tiny: Path) -> None:
    pytest.importorskip('rclpy', reason='needs rclpy: ROS 2 or its wheels')
    process = subprocess.Popen(
        [sys.executable, '-m', 'mobilenet_perception', 'benchmark', str(tiny), *OVER_DDS,
         '--seconds', '60'],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    assert process.stderr is not None
    while '1 camera at 20 Hz' not in (line := process.stderr.readline()):
        assert line, 'it ended by itself'
    children = psutil.Process(process.pid).children(recursive=True)
    assert len(children) == 2
    process.send_signal(signal.SIGINT)
    told, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, 'interrupted\n')
    assert 'tiny' in told and 'INTERRUPTED' in told
    end = time.monotonic() + 10
    while any(child.is_running() for child in children) and time.monotonic() < end:
        time.sleep(0.05)
    assert not any(child.is_running() for child in children)
