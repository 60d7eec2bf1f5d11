# SPDX-License-Identifier: Apache-2.0
"""Readers, near duplicates and splits."""

from pathlib import Path

import numpy as np
import pytest

from mobilenet_perception.frames import Frame, crop_and_resize
from mobilenet_perception.simulation import LABELS, draw_signal
from training.data import Pixels, Sample, split_by_group
from training.data.drive import read_drives
from training.data.near_duplicates import near_duplicate_groups
from training.data.street_signals import (
    data_hash,
    read_street_signals,
    split_street_signals,
)
from training.errors import TrainingError

from .conftest import CLASSES, FRAMES, TRACKS, draw_data


def sample(group: str, stratum: str, name: str = 'x') -> Sample:
    return Sample(np.zeros((8, 8, 3), np.uint8), 'stop', group, stratum, 'gtsrb', name)


def test_signs_and_lights_are_read_with_labels_and_tracks(data: Path) -> None:
    samples = read_street_signals(data)
    signs = [s for s in samples if s.source == 'gtsrb']
    assert len(signs) == len(CLASSES) * TRACKS * FRAMES
    assert {s.label for s in signs} == set(CLASSES.values())
    assert {s.group for s in signs if s.stratum == '14'} == {
        f'gtsrb/14_{track:05d}' for track in range(TRACKS)
    }
    lights = {s.label for s in samples if s.source == 'lights'}
    assert lights == {f'traffic_light_{c}' for c in ('red', 'yellow', 'green')}


def test_split_keeps_groups_together_and_covers_everything() -> None:
    samples = [
        sample(f'gtsrb/{stratum}_{track}', stratum)
        for stratum in ('00', '01')
        for track in range(11)
        for _ in range(4)
    ]
    split = split_by_group(samples, 0.1, 0.2, seed=1)
    parts = [{s.group for s in split.select(samples, part)} for part in split._fields]
    assert not parts[0] & parts[1]
    assert not parts[0] & parts[2]
    assert not parts[1] & parts[2]
    assert sum(len(split.select(samples, part)) for part in split._fields) == len(samples)
    for stratum in ('00', '01'):
        assert [sum(f'/{stratum}_' in group for group in part) for part in parts] == [8, 1, 2]


def test_split_depends_on_the_seed_and_not_on_the_order() -> None:
    samples = [sample(f'gtsrb/00_{track}', '00') for track in range(30)]
    split = split_by_group(samples, 0.1, 0.2, seed=1)
    assert split == split_by_group(samples[::-1], 0.1, 0.2, seed=1)
    assert split != split_by_group(samples, 0.1, 0.2, seed=2)


def test_tracks_of_sequences_are_held_out(tmp_path: Path) -> None:
    data = draw_data(tmp_path)
    for track in (0, 3):
        (data / 'gtsrb' / 'sequences' / f'14_{track:05d}').mkdir(parents=True)
    split = split_street_signals(read_street_signals(data), data, 0.2, 0.2, seed=1)
    assert {'gtsrb/14_00000', 'gtsrb/14_00003'} <= set(split.test)


def test_a_class_with_too_few_tracks_is_refused() -> None:
    samples = [sample('gtsrb/00_0', '00'), sample('gtsrb/00_1', '00')]
    with pytest.raises(TrainingError, match='gtsrb/00 has 2 group'):
        split_by_group(samples, 0.1, 0.2, seed=1)


def test_near_duplicates_share_a_group_and_others_do_not() -> None:
    def scene(label: str) -> Pixels:
        drawing = draw_signal(label, 64)
        return np.ascontiguousarray(drawing[..., :3])

    stop, other = scene('stop'), scene('road_work')
    smaller = crop_and_resize(Frame(stop, 'rgb'), 48, 48)
    darker = (stop * 0.9).astype(np.uint8)
    groups = near_duplicate_groups([stop, other, smaller, darker])
    assert groups[0] == groups[2] == groups[3] != groups[1]


@pytest.mark.parametrize(
    ('name', 'content', 'sentence'),
    [
        ('00014_00000_00000.png', b'no image', 'not a readable image'),
        ('sign.png', None, 'not named class_track_frame'),
    ],
)
def test_bad_files_are_named(
    tmp_path: Path, name: str, content: bytes | None, sentence: str
) -> None:
    data = draw_data(tmp_path)
    folder = data / 'gtsrb' / 'frames' / '14'
    good = next(folder.iterdir()).read_bytes()
    (folder / name).write_bytes(good if content is None else content)
    with pytest.raises(TrainingError, match=sentence) as caught:
        read_street_signals(data)
    assert name in str(caught.value)


def test_the_hash_sees_one_changed_pixel(data: Path) -> None:
    samples = read_street_signals(data)
    before = data_hash(samples)
    changed = samples[0].pixels.copy()
    changed[0, 0, 0] ^= 1
    assert data_hash([samples[0]._replace(pixels=changed), *samples[1:]]) != before


def test_drives_are_drawn_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    samples = read_drives(tmp_path, [10_000], every=150)
    assert samples
    assert {s.label for s in samples} <= set(LABELS)
    assert {s.group for s in samples} == {'drive/10000'}
    assert 'drawing' in capsys.readouterr().out
    again = read_drives(tmp_path, [10_000], every=150)
    assert 'drawing' not in capsys.readouterr().out
    assert [s.name for s in again] == [s.name for s in samples]
