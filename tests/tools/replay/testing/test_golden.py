# SPDX-License-Identifier: Apache-2.0
"""Golden files: read as they were written, a line for each frame, refused when damaged."""

import json
from pathlib import Path

import pytest

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.tools.replay.testing.golden import (
    Tolerances,
    golden_text,
    read_golden,
    update_golden,
)
from tests.tools.replay.testing.timelines import a_replay


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / 'street.golden.json'
    update_golden(path, a_replay('ssxy'))
    golden = read_golden(path)
    assert golden.replayed == a_replay('ssxy')
    assert (golden.name, golden.tolerances) == (path.name, Tolerances())


def test_it_can_be_read_in_a_diff(tmp_path: Path) -> None:
    lines = golden_text(a_replay('ssxy'), Tolerances()).splitlines()
    frames = [line for line in lines if 'stamp_ns' in line]
    assert len(frames) == 4
    assert all(isinstance(json.loads(line.strip(' ,')), dict) for line in frames)


def test_tolerances_that_were_set_stay(tmp_path: Path) -> None:
    path = tmp_path / 'street.golden.json'
    path.write_text(golden_text(a_replay('s'), Tolerances(score=0.3, stage_ms=2.0)))
    update_golden(path, a_replay('y'))
    assert read_golden(path).tolerances == Tolerances(0.3, 2.0)
    assert read_golden(path).replayed == a_replay('y')


@pytest.mark.parametrize(
    ('text', 'says'),
    [
        (None, 'does not exist: `replay --expect FILE --update`'),
        ('{', 'is not JSON'),
        ('[]', 'is not a golden file'),
        ('{"cameras": {}}', 'is not a golden file'),
        ('{"schema": "mobilenet_perception.golden_replay", "schema_version": 9}', 'version 9'),
        ('{"schema": "mobilenet_perception.golden_replay", "schema_version": 1}', 'is damaged'),
    ],
)
def test_what_is_no_golden_file_is_refused(tmp_path: Path, text: str | None, says: str) -> None:
    path = tmp_path / 'street.golden.json'
    if text is not None:
        path.write_text(text)
    with pytest.raises(PerceptionError, match=says):
        read_golden(path)
