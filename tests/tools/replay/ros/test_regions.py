# SPDX-License-Identifier: Apache-2.0
"""Recorded regions over DDS to the real node: the labels and decisions of a replay in process."""

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip('rclpy', reason='needs rclpy: ROS 2 or its wheels')
pytest.importorskip('vision_msgs', reason='needs vision_msgs, which `make setup` builds')

from tests.support.colours import command
from tests.support.recordings import Recorded, frame, regions, stripe, striped, write_recording


@pytest.mark.parametrize('match', ['exact', 'latest'])
def test_the_real_node_says_what_the_pipeline_says(tiny: Path, tmp_path: Path, match: str) -> None:
    items: list[Recorded] = []
    for n in range(15):
        light = 'red' if n < 8 else 'green'
        items.append(frame(striped(light, 'green', 'blue'), 100.0 * n))
        boxes = (stripe('light', 0), stripe('sign', 2))
        items.append(regions(*boxes, at_ms=100.0 * n + 20, age_ms=25.0))
    bag = write_recording(tmp_path / 'bag', items)
    found = []
    for mode in ('--fast', '--ros'):
        out = tmp_path / f'{mode}.json'
        more = ('--reliable', '--latency-budget-ms', 5000) if mode == '--ros' else ()
        done = command('replay', bag, mode, '--bundle', tiny, '--json', out, *more,
                       '--regions-match', match)  # fmt: skip
        assert done.returncode == 0, done.stderr
        found.append(json.loads(out.read_text())['cameras']['front']['frames'])
    in_process, over_dds = found
    # Regions come by best effort: on a machine that is full of work some may be lost on the way.
    heard = [n for n, one in enumerate(over_dds) if one['outcome'] == 'on_time']
    assert len(over_dds) == 15 and len(heard) >= 12
    said, expected = labels(over_dds), labels(in_process)
    assert [said[n] for n in heard] == [expected[n] for n in heard]
    # A decision may be heard late; at the end it stands.
    assert decisions(over_dds[-1]) == decisions(in_process[-1]) == {
        'light': 'green', 'sign': 'blue',
    }  # fmt: skip


def labels(frames: list[dict[str, Any]]) -> list[list[tuple[str, str, list[int]]]]:
    return [
        sorted((one['id'], one['label'], one['roi']) for one in frame['things'] if one['label'])
        for frame in frames
    ]


def decisions(frame: dict[str, Any]) -> dict[str, str]:
    return {one['id']: one['decision'] for one in frame['things']}
