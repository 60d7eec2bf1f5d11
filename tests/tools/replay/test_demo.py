# SPDX-License-Identifier: Apache-2.0
"""The demo and `replay --ros`: the real node, fed over DDS by another process."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip('rclpy', reason='needs rclpy: ROS 2 or its wheels')
pytest.importorskip('vision_msgs', reason='needs vision_msgs, which `make setup` builds')

from mobilenet_perception.pipeline.timing import Outcome
from mobilenet_perception.recordings import BagOptions, open_source, write_bag
from tests.support import ROOT
from tests.support.colours import FRAMES, assert_one_sentence, command


def assert_counts_add_up(values: dict[str, Any], sent: int) -> None:
    """Check what holds however busy the machine is."""
    assert set(values['outcomes']) == {str(outcome) for outcome in Outcome}
    assert values['received'] == sum(values['outcomes'].values())
    assert values['received'] + values['lost'] == sent
    for camera in values['cameras'].values():
        assert camera['received'] == sum(camera['outcomes'].values()) == len(camera['frames'])
        for frame in camera['frames']:
            assert bool(frame['label']) == (frame['outcome'] == 'on_time')


def test_demo_end_to_end(tiny: Path, tmp_path: Path) -> None:
    out = tmp_path / 'demo'
    # A budget that a busy machine keeps: what is tested is the way, not the speed.
    done = command('demo', '--bundle', tiny, '--seconds', 3, '--out', out,
                   '--latency-budget-ms', 5000)  # fmt: skip
    assert done.returncode == 0, done.stderr
    values = json.loads((out / 'report.json').read_text())
    assert_counts_add_up(values, sent=90)
    assert values['outcomes']['on_time'] >= 30
    assert {'age_ms', 'transport_ms', 'inference_ms', 'total_ms'} <= set(values['percentiles'])
    frames = values['cameras']['camera']['frames']
    assert any(frame['roi'] for frame in frames), 'the region of interest was never set'
    # The drive's labels are none of the tiny bundle's.
    assert values['accuracy'] is None and 'pedestrians' in values['scoring']['not_in_bundle']
    assert (out / 'report.html').read_text().count('data:image/jpeg') >= 1
    lines = [line for line in done.stdout.splitlines() if ' s  camera: ' in line]
    assert len(lines) >= 2 and 'age p50' in lines[-1]


def test_replay_over_ros_gives_the_labels_of_the_bag(
    tiny: Path, colours: Path, tmp_path: Path
) -> None:
    for name, transport in (('raw', 'raw'), ('jpeg', 'compressed')):
        bag, out = tmp_path / name, tmp_path / f'{name}.json'
        write_bag(open_source(str(colours), rate_hz=10.0), bag, BagOptions(transport=transport))  # type: ignore[arg-type]
        done = command('replay', bag, '--ros', '--bundle', tiny, '--json', out,
                       '--latency-budget-ms', 5000)  # fmt: skip
        assert done.returncode == 0, done.stderr
        values = json.loads(out.read_text())
        assert_counts_add_up(values, sent=FRAMES)
        frames = values['cameras']['camera']['frames']
        labelled = [frame for frame in frames if frame['label']]
        assert len(labelled) >= FRAMES // 2
        assert all(frame['label'] == frame['truth'] for frame in labelled)
        assert [frame['stamp_ns'] for frame in frames] == sorted(f['stamp_ns'] for f in frames)


def test_node_that_cannot_start_is_one_sentence(
    tiny: Path, labelled_bag: Path, tmp_path: Path
) -> None:
    done = command('replay', labelled_bag, '--ros', '--bundle', tiny, '--variant', 'huge')
    assert done.returncode == 1
    assert_one_sentence(done.stderr)
    assert 'huge' in done.stderr


def children_of(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    found = Path(f'/proc/{pid}/task/{pid}/children').read_text().split()
    return [int(child) for child in found]


def test_interrupted_demo_reports_and_ends_its_children(tiny: Path, tmp_path: Path) -> None:
    out = tmp_path / 'demo'
    process = subprocess.Popen(
        [sys.executable, '-m', 'mobilenet_perception', 'demo', '--bundle', str(tiny),
         '--out', str(out), '--latency-budget-ms', '5000'],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT,
    )  # fmt: skip
    assert process.stdout is not None
    first = process.stdout.readline()
    assert 'camera:' in first
    children = children_of(process.pid)
    assert len(children) == 2
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    values = json.loads((out / 'report.json').read_text())
    assert values['interrupted'] and values['received'] == sum(values['outcomes'].values()) > 0
    end = time.monotonic() + 10
    while any(Path(f'/proc/{child}').exists() for child in children):
        assert time.monotonic() < end, 'a child outlived the demo'
        time.sleep(0.05)
