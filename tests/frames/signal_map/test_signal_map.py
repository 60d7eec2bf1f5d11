# SPDX-License-Identifier: Apache-2.0
"""The file of a signal map, and what is said of one that is none."""

from pathlib import Path

import numpy as np
import pytest

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames.signal_map import (
    MapSignal,
    SignalMap,
    read_signal_map,
    signal_map_text,
)

ENTRY = '{id: a, kind: stop, position: [1, 2, 3], facing_deg: 90, size: [0.4, 0.8]}'


def written(folder: Path, text: str) -> Path:
    path = folder / 'map.yaml'
    path.write_text(text, encoding='utf-8')
    return path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    signals = [
        MapSignal('a', 'stop', (1.0, -2.5, 3.0), 90.0, (0.4, 0.8)),
        MapSignal('7', '', (0.0, 0.0, 0.0), -12.5, (1.0, 1.0)),
    ]
    text = signal_map_text(SignalMap('city', signals), 'Two signals.\nOf a city.')
    found = read_signal_map(written(tmp_path, text))
    assert (found.frame, list(found.signals)) == ('city', signals)


def test_kind_and_frame_may_be_left_out_and_numbers_are_names(tmp_path: Path) -> None:
    text = 'signals: [{id: 7, position: [1, 2, 3], facing_deg: 0, size: [1, 1]}]'
    found = read_signal_map(written(tmp_path, text))
    assert found.frame == 'map'
    assert found.signals == (MapSignal('7', '', (1.0, 2.0, 3.0), 0.0, (1.0, 1.0)),)


def test_a_board_is_seen_from_where_it_faces(tmp_path: Path) -> None:
    """Facing y, it is as wide as x: its left edge, seen from there, at the larger x."""
    found = read_signal_map(written(tmp_path, f'signals: [{ENTRY}]'))
    np.testing.assert_allclose(found.normals, [[0.0, 1.0, 0.0]], atol=1e-12)
    corners = found.outlines(np.array([0]), 1)[0]
    upper_left, upper_right, lower_right, lower_left = corners
    np.testing.assert_allclose(upper_left, [1.2, 2.0, 3.4])
    np.testing.assert_allclose(lower_right, [0.8, 2.0, 2.6])
    np.testing.assert_allclose(lower_right - lower_left, upper_right - upper_left)
    assert len(found.outlines(np.array([0]), 4)[0]) == 16


@pytest.mark.parametrize(
    ('text', 'says'),
    [
        ('signals: [', r'is no YAML, line 1: '),
        ('a: 1\nsignals: [{]', r'is no YAML, line 2: '),
        ('- a', 'has no list `signals`: write signals: '),
        ('', 'has no list `signals`'),
        ('signals: 3', 'has no list `signals`'),
        ('signals: []', 'holds no signal: write one, as {id: light_1'),
        (f'signals: [{ENTRY}]\nfame: map', "has a key 'fame'"),
        (f'signals: [{ENTRY}]\nframe: 3', 'frame must be the name of a coordinate frame'),
        ('signals: [7]', 'signal 1: it must be keys and values'),
        ('signals: [{id: a}]', r'signal 1 \(a\): position is missing'),
        (f'signals: [{ENTRY}, {ENTRY}]', r'signal 2 \(a\): another has the same id'),
        (f'signals: [{ENTRY.replace("size", "sise")}]', "there is no key 'sise': its keys are id"),
        (f'signals: [{ENTRY.replace("a,", "[],")}]', 'id must be a text'),
        (f'signals: [{ENTRY.replace("stop", "3")}]', 'kind must be a text'),
        (f'signals: [{ENTRY.replace("[1, 2, 3]", "[1, 2]")}]', r'position must be \[x, y, z\]'),
        (f'signals: [{ENTRY.replace("[1, 2, 3]", "[1, 2, .nan]")}]', 'position must be'),
        (f'signals: [{ENTRY.replace("90", "north")}]', 'facing_deg must be an angle in degrees'),
        (f'signals: [{ENTRY.replace("0.4", "0.0")}]', r'size must be \[width, height\]'),
        (f'signals: [{ENTRY.replace("0.4", "true")}]', r'size must be \[width, height\]'),
    ],
)
def test_a_bad_file_is_one_sentence(tmp_path: Path, text: str, says: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(PerceptionError, match=says) as raised:
        read_signal_map(path)
    assert str(path) in str(raised.value)
    assert '\n' not in str(raised.value)


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(PerceptionError, match=r'cannot be read \(No such file or directory\)'):
        read_signal_map(tmp_path / 'none.yaml')
    with pytest.raises(PerceptionError, match=r'cannot be read \(Is a directory\)'):
        read_signal_map(tmp_path)
    (tmp_path / 'bytes.yaml').write_bytes(b'\xff\xfe\x00')
    with pytest.raises(PerceptionError, match='is not UTF-8 text'):
        read_signal_map(tmp_path / 'bytes.yaml')
