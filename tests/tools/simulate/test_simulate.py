# SPDX-License-Identifier: Apache-2.0
"""`simulate` end to end: the street, the node and the driver in processes, over real DDS."""

import json
import re
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
    # How it goes, second by second.
    said = r'^ +[2-5] s  front: \w+ +[01]\.\d\d +decision [\w, ]*pedestrians'
    assert re.search(said, done.stdout, re.M)
    # No process is left, and none complained.
    for name in ('drawn_simulator', 'driver', 'signal_regions'):
        assert 'Traceback' not in (out / f'{name}.log').read_text()


def test_a_robot_that_is_wrong_of_its_place_decides_right_too(tmp_path: Path) -> None:
    """The whole street takes minutes: `simulate --pose-error-m 0.2 --pose-error-deg 2`."""
    done = command('simulate', '--seconds', 7, '--pose-error-m', 0.2, '--pose-error-deg', 2,
                   '--latency-budget-ms', 5000, '--out', tmp_path)  # fmt: skip
    assert done.returncode == 0, done.stderr
    values = json.loads((tmp_path / 'report.json').read_text())
    assert [sign['verdict'] for sign in values['signs']][:2] == ['right', 'right']
    # Regions are those of signals alone, and have room for the error.
    looked = [frame for frame in values['cameras']['front']['frames'] if frame['roi']]
    assert len(looked) > 50
    assert max(frame['roi'][2] / frame['roi'][3] for frame in looked) > 1.6


def test_listening_to_nothing_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(simulate_command, '_START_S', 0.5)
    settings = SimulateSettings(ReplaySettings(bundle=default_bundle_path()), attach=True)
    with pytest.raises(PerceptionError, match=r'simulate\.launch\.py running'):
        simulate(settings, tmp_path)


def test_a_pose_error_is_none_of_a_simulation_that_runs() -> None:
    done = command('simulate', '--attach', '--pose-error-deg', 2)
    assert done.returncode == 1
    assert_one_sentence(done.stderr)
    assert 'as pose_error_m:= and pose_error_deg:=' in done.stderr


def test_a_camera_that_is_not_there_is_one_sentence() -> None:
    done = command('simulate', '--cameras', 'front,rear')
    assert done.returncode == 1
    assert_one_sentence(done.stderr)
    assert "no camera 'rear'" in done.stderr
