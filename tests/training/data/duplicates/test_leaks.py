# SPDX-License-Identifier: Apache-2.0
"""Planted copies are found between parts; distinct pictures raise no alarm."""

from pathlib import Path

import numpy as np
import pytest

from tests.training.data.pictures import COPIES, picture
from training.configuration.file import default_data
from training.configuration.settings import Data
from training.data.data_set import DataSet, Pixels, Sample, Split, make_split
from training.data.duplicates.close_pairs import close_pairs
from training.data.duplicates.copies import refuse_unreadable, take_fingerprints
from training.data.duplicates.leaks import (
    find_leaks,
    group_duplicates,
    refuse_leaks,
    without_leaks,
)
from training.data.readers.by_name import read
from training.errors import TrainingError


def parted(train: list[Pixels], test: list[Pixels]) -> tuple[DataSet, Split]:
    samples = [
        Sample(pixels, 'ab'[i % 2], f'{part}/{i}', 'some', f'{part}{i}.png')
        for part, images in (('train', train), ('test', test))
        for i, pixels in enumerate(images)
    ]
    groups = [s.group for s in samples]
    return DataSet(samples, ('a', 'b')), Split(
        tuple(g for g in groups if g[:2] == 'tr'), (), tuple(g for g in groups if g[:2] == 'te')
    )


@pytest.mark.parametrize('kind', COPIES)
def test_planted_copies_are_found_and_nothing_else(kind: str) -> None:
    train = [picture(seed) for seed in range(30)]
    others = [picture(seed) for seed in range(100, 120)]
    planted = [np.ascontiguousarray(COPIES[kind](image)) for image in train[:10]]
    data_set, split = parted(train, [*others, *planted])
    leaks = find_leaks(data_set, split)
    assert {(leak.name, leak.other_name) for leak in leaks} == {
        (f'test{20 + i}.png', f'train{i}.png') for i in range(10)
    }
    assert {leak.kind for leak in leaks} == {'same picture'}


def test_the_same_pixels_are_told_from_the_same_picture_and_labels_compared() -> None:
    data_set, split = parted([picture(0), picture(1)], [picture(5), picture(0)])
    (leak,) = find_leaks(data_set, split)
    names = ('same pixels', 'test', 'test1.png', 'b', 'train', 'train0.png', 'a')
    assert tuple(leak._asdict().values()) == (*names, 0.0)
    with pytest.raises(
        TrainingError, match=r'1 of test also in train.*under another label.*allow_leaks'
    ):
        refuse_leaks(data_set, split)


def test_a_group_in_two_parts_leaks() -> None:
    data_set, split = parted([picture(0), picture(1)], [picture(5)])
    torn = split._replace(test=(*split.test, 'train/1'))
    assert [leak.kind for leak in find_leaks(data_set, torn)] == ['same group']


def test_black_images_are_no_copies_unless_every_pixel_is_the_same() -> None:
    random = np.random.default_rng(0)
    dark = [random.integers(0, 3, (40, 40, 3), dtype=np.uint8) for _ in range(4)]
    data_set, split = parted(dark[:2], dark[2:])
    assert find_leaks(data_set, split) == []
    data_set, split = parted(dark[:2], [dark[1]])
    assert len(find_leaks(data_set, split)) == 1


def test_grouping_duplicates_mends_a_split_that_is_ours_to_make() -> None:
    images = [picture(seed) for seed in range(24)]
    data_set, _ = parted([*images, *(COPIES['jpeg'](image) for image in images)], [])
    with pytest.raises(TrainingError, match='the split leaks'):
        refuse_leaks(data_set, make_split(data_set, Data()))
    grouped = group_duplicates(data_set)
    assert len({s.group for s in grouped.samples}) == 24
    refuse_leaks(grouped, make_split(grouped, Data()))


def test_copies_are_kept_in_one_part_without_being_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    images = [picture(seed) for seed in range(24)]
    data_set, _ = parted([*images, *(COPIES['jpeg'](image) for image in images)], [])
    mended, settings = without_leaks(data_set, Data())
    assert settings == Data(group_duplicates=True)
    assert find_leaks(mended, make_split(mended, settings)) == []
    assert 'kept copies of one picture in one part' in capsys.readouterr().out
    # Read again as the run keeps it, the data are the same.
    assert mended.samples == group_duplicates(data_set).samples
    clean, _ = parted(images, [])
    assert without_leaks(clean, Data()) == (clean, Data())
    assert without_leaks(data_set, Data(allow_leaks=True))[0] is data_set
    assert capsys.readouterr().out == ''


def test_parts_that_the_data_fix_and_that_leak_are_refused() -> None:
    data_set, _ = parted([picture(seed) for seed in range(8)], [picture(0), picture(1)])
    fixed = data_set._replace(
        parts={s.group: {'tr': 'train', 'te': 'test'}[s.group[:2]] for s in data_set.samples}
    )
    with pytest.raises(TrainingError, match=r'2 of test also in train.*allow_leaks=true$'):
        without_leaks(fixed, Data())


def test_unreadable_images_are_counted_and_named(tmp_path: Path) -> None:
    bad = []
    for index in range(5):
        path = tmp_path / f'{index}.jpg'
        path.write_bytes(b'\xff\xd8\xff no more')
        bad.append(Sample(path, 'a', str(index), 'some', path.name))
    with pytest.raises(TrainingError, match=r'5 of 5 images cannot be read .*0\.jpg.*and 2 more'):
        refuse_unreadable(take_fingerprints(bad))


def test_close_pairs_are_those_of_all_pairs() -> None:
    random = np.random.default_rng(0)
    for dimensions in (12, 171):
        vectors = random.normal(size=(2500, dimensions)).astype(np.float32)
        vectors[200:400] = vectors[:200] + 0.05 * vectors[400:600]
        radii = random.uniform(0.1, 1.4 if dimensions == 12 else 0.8, 2500).astype(np.float32)
        found = {
            pair
            for pairs in close_pairs(vectors, radii)
            for pair in zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)
        }
        expected = set()
        for i in range(len(vectors) - 1):
            distance = np.linalg.norm(vectors[i + 1 :] - vectors[i], axis=1)
            near = np.flatnonzero(distance <= np.maximum(radii[i], radii[i + 1 :]))
            expected |= {(i, i + 1 + j) for j in near.tolist()}
        assert found == expected
        assert len(found) > 50


SIGNS = default_data() / 'gtsrb' / 'frames'


@pytest.mark.skipif(not SIGNS.is_dir(), reason='the folder gtsrb/frames of real signs is missing')
def test_real_signs_split_by_track_raise_no_alarm_but_a_copied_frame_does() -> None:
    whole = read('folder', SIGNS)
    assert len({s.group for s in whole.samples}) == 1064
    some = [s for s in whole.samples if s.label in ('00', '06', '24', '29', '32', '41')]
    data_set = DataSet(some, tuple(sorted({s.label for s in some})))
    split = make_split(data_set, Data())
    assert find_leaks(data_set, split) == []
    frame = split.select(some, 'train')[5]
    planted = frame._replace(image=COPIES['jpeg'](frame.pixels), group=split.test[0], name='copy')
    leaking = data_set._replace(samples=[*some, planted])
    assert [(k.name, k.other_name) for k in find_leaks(leaking, split)] == [('copy', frame.name)]
