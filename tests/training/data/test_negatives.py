# SPDX-License-Identifier: Apache-2.0
"""Photographs that show nothing are seen whole and as windows, and never in two parts."""

import csv
from pathlib import Path

import numpy as np
import pytest

from tests.training.data.pictures import picture, write
from training.commands.arguments import add_configuration, configured
from training.commands.cli import main
from training.configuration.settings import Augmentation, Data
from training.data.data_set import DataSet, Window, make_split
from training.data.duplicates.leaks import (
    find_leaks,
    group_duplicates,
    refuse_leaks,
    without_leaks,
)
from training.data.negatives import negative_windows, thinned
from training.data.readers.by_name import read_data
from training.images.batches import ShuffledImages

OFF = Augmentation(rotation=0.0, zoom=0.0, translation=0.0, brightness=0.0, contrast=0.0)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two labels, eight pictures each."""
    folder = tmp_path / 'photos'
    for number, label in enumerate(('kerb', 'ramp')):
        for index in range(8):
            write(folder / label / f'{index}.png', picture(100 * number + index))
    return folder


@pytest.fixture
def streets(tmp_path: Path) -> Path:
    """Forty pictures of streets, two of each place."""
    folder = tmp_path / 'streets'
    for index in range(40):
        write(
            folder / 'city' / f'place{index // 2}' / f'{index}.png', picture(900 + index, 60, 90)
        )
    return folder


def read(photos: Path, *negatives: Path) -> DataSet:
    return read_data(Data(negatives=tuple(map(str, negatives))), photos)


def test_a_folder_of_negatives_is_the_label_background(photos: Path, streets: Path) -> None:
    found = read(photos, streets)
    assert found.labels == ('kerb', 'ramp', 'background')
    negatives = [sample for sample in found.samples if sample.label == 'background']
    whole = [sample for sample in negatives if isinstance(sample.image, Path)]
    windows = [sample for sample in negatives if isinstance(sample.image, Window)]
    # Enough of them to tell 1 in 200, however few photographs there are.
    assert len(whole) == 40 and len(windows) == 40 * 24
    assert len({sample.group for sample in negatives}) == 20
    split = make_split(found, Data())
    parts = [set(part) for part in split]
    assert not (parts[0] & parts[1] or parts[0] & parts[2])
    for part in ('train', 'validation', 'test'):
        assert 'background' in {sample.label for sample in split.select(found.samples, part)}
    # Windows of plain ground are alike, and that is no leak.
    refuse_leaks(found, split)


def test_windows_that_look_alike_are_no_leak(photos: Path, tmp_path: Path) -> None:
    for index in range(20):
        street = picture(900 + index, 60, 90)
        street[30:] = 128
        write(tmp_path / 'streets' / f'place{index}' / '0.png', street)
    found = read(photos, tmp_path / 'streets')
    assert find_leaks(found, make_split(found, Data()))
    assert without_leaks(found, Data()) == (found, Data())


def test_a_class_of_that_name_is_treated_alike(photos: Path, streets: Path) -> None:
    streets.rename(photos / 'background')
    own = read(photos)
    assert own.labels == ('background', 'kerb', 'ramp')
    assert sum(isinstance(sample.image, Window) for sample in own.samples) == 40 * 24
    assert len(own.scenes) == 40
    assert read(photos) == own


def test_without_any_the_data_are_as_they_were(photos: Path) -> None:
    found = read(photos)
    assert found.labels == ('kerb', 'ramp') and not found.scenes and len(found.samples) == 16


def test_what_was_mined_stays_with_its_picture(photos: Path, streets: Path) -> None:
    mined = streets.parent / 'mined'
    rows = []
    for index in (0, 1, 2):
        name = f'0000{index}_x.png'
        write(mined / name, picture(900 + index, 30, 30))
        origin = next(streets.rglob(f'{index}.png'))
        rows.append([name, 'kerb', '0.9', str(origin), '0', '0', '30', '30'])
    with (mined / 'mined.csv').open('w', newline='') as file:
        names = ['file', 'taken_for', 'score', 'picture', 'x', 'y', 'width', 'height']
        csv.writer(file).writerows([names, *rows])
    # Looked at, and removed, since it does show a label.
    (mined / rows[2][0]).unlink()
    found = read(photos, streets, mined)
    added = [sample for sample in found.samples if sample.name.startswith('mined/')]
    assert [sample.group for sample in added] == ['negatives/city/place0'] * 2
    before = make_split(read(photos, streets), Data())
    assert make_split(found, Data()) == before
    kept = thinned(found.samples, 1)
    assert {sample.name for sample in added} <= {sample.name for sample in kept}


def test_an_epoch_has_no_more_nothing_than_three_in_ten(photos: Path, streets: Path) -> None:
    found = read(photos, streets)
    kept = thinned(found.samples, 1)
    nothing = sum(sample.label == 'background' for sample in kept)
    assert len(kept) - nothing == 16 and nothing == round(16 * 0.3 / 0.7)
    assert kept == thinned(found.samples, 1) != thinned(found.samples, 2)
    few = [sample for sample in found.samples if sample.label != 'background'][:4]
    assert thinned(few, 1) == few


def test_windows_are_drawn_anew_of_training_photographs_alone(photos: Path, streets: Path) -> None:
    found = read(photos, streets)
    split = make_split(found, Data())
    train = split.select(found.samples, 'train')
    negatives = negative_windows(found.scenes, train)
    groups = {scene.group for scenes in negatives.scenes for scene in scenes}
    assert groups == {group for group in split.train if group.startswith('negatives/')}
    samples = [sample for sample in train if isinstance(sample.image, Window)][:8]
    images = ShuffledImages(samples, 'natural', OFF, 1, negatives)

    def drawn(epoch: int) -> list[bytes]:
        random = np.random.default_rng(epoch)
        return [images.draw(epoch, index, 16, 16, random).pixels.tobytes() for index in range(8)]

    assert drawn(0) == drawn(0)
    assert len({*drawn(0), *drawn(1)}) == 16


def test_copies_join_groups_but_windows_that_look_alike_do_not(
    photos: Path, streets: Path
) -> None:
    flat = np.full((60, 90, 3), 128, np.uint8)
    for index in range(4):
        grain = picture(50 + index, 60, 90)
        grain[:, :60] = flat[:, :60]
        write(streets / 'city' / f'flat{index}' / 'one.png', grain)
    write(streets / 'city' / 'flat3' / 'two.png', grain)
    write(streets / 'city' / 'other' / 'copy.png', grain)
    found = group_duplicates(read(photos, streets))
    groups = {scene.group for scene in found.scenes}
    assert groups == {s.group for s in found.samples if s.label == 'background'}
    # The copy has joined, flat as parts of the others are.
    assert len(groups) == 20 + 4


def test_the_flag_takes_folders_and_what_is_none_is_said(
    photos: Path, streets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import argparse

    parser = argparse.ArgumentParser()
    add_configuration(parser)
    options = parser.parse_args([str(photos), '--negatives', str(streets)])
    assert configured(options)[0].data.negatives == (str(streets),)
    assert main(['fit', str(photos), '--negatives', '/nowhere']) == 1
    said = capsys.readouterr().err
    assert 'no folder /nowhere' in said and said.count('\n') == 1
