# SPDX-License-Identifier: Apache-2.0
"""`simulate` end to end: the street, the node and the driver in processes, over real DDS."""

import json
from pathlib import Path

import pytest

pytest.importorskip('rclpy', reason='needs rclpy: ROS 2 or its wheels')
pytest.importorskip('vision_msgs', reason='needs vision_msgs, which `make setup` builds')

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.inference.bundle import default_bundle_path
from mobilenet_perception.tools.replay.settings import ReplaySettings
from mobilenet_perception.tools.simulate import command as simulate_command
from mobilenet_perception.tools.simulate.command import SimulateSettings, simulate
from tests.support.colours import assert_one_sentence, command


def test_a_drive_is_scored_sign_by_sign(tmp_path: Path) -> None:
    out = tmp_path / 'simulated'
    # A budget that a busy machine keeps: what is tested is the way, not the speed.
    done = command('simulate', '--seconds', 5, '--time-of-day', 'dusk', '--out', out,
                   '--latency-budget-ms', 5000, '--min-right', 1)  # fmt: skip
    assert done.returncode == 0, done.stderr
    values = json.loads((out / 'report.json').read_text())
    assert (values['mode'], values['source']) == ('simulation', 'sidewalk, dusk')
    camera = values['cameras']['front']
    assert camera['received'] == sum(camera['outcomes'].values()) == len(camera['frames']) > 100
    assert values['accuracy'] > 0.9
    first = values['signs'][0]
    assert (first['label'], first['decision']) == ('pedestrians', 'pedestrians')
    assert first['verdict'] == 'right' and first['frames'] > 30
    # It is first looked at from 8 m, and left at 3 m.
    assert 3.0 < first['metres_before'] < 8.0
    assert [sign['label'] for sign in values['signs']][:2] == ['pedestrians', 'speed_limit']
    page = (out / 'report.html').read_text()
    assert '<h2>Signs</h2>' in page and 'data:image/jpeg' in page
    assert 'signs: ' in done.stdout and 'metres before' in done.stdout
    # No process is left, and none complained.
    for name in ('drawn_simulator', 'driver'):
        assert 'Traceback' not in (out / f'{name}.log').read_text()


def test_listening_to_nothing_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(simulate_command, '_START_S', 0.5)
    settings = SimulateSettings(ReplaySettings(bundle=default_bundle_path()), attach=True)
    with pytest.raises(PerceptionError, match=r'simulate\.launch\.py running'):
        simulate(settings, tmp_path)


def test_a_camera_that_is_not_there_is_one_sentence() -> None:
    done = command('simulate', '--cameras', 'front,rear')
    assert done.returncode == 1
    assert_one_sentence(done.stderr)
    assert "no camera 'rear'" in done.stderr
