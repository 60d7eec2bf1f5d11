# SPDX-License-Identifier: Apache-2.0
"""Folders, lists and IDX files become data sets; what is wrong with them is said in a sentence."""

import gzip
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.training.data.pictures import picture, write
from training.configuration.settings import Data
from training.data.data_set import make_split
from training.data.readers.by_name import read, read_data
from training.errors import TrainingError


def folders(root: Path, *places: str, images: int = 4) -> Path:
    for place in places:
        for index in range(images):
            write(root / place / f'{index}.png', picture(index))
    return root


def test_a_folder_per_class(tmp_path: Path) -> None:
    found = read('auto', folders(tmp_path, 'stop', 'yield', '.git'))
    assert found.labels == ('stop', 'yield')
    assert len(found.samples) == 8
    assert len({sample.group for sample in found.samples}) == 8
    first = found.samples[0]
    assert (first.name, first.image) == ('stop/0.png', tmp_path / 'stop' / '0.png')
    np.testing.assert_array_equal(first.pixels, picture(0))


def test_bits_of_deep_images_are_those_that_are_said(tmp_path: Path) -> None:
    grey = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)  # of 12 bits
    for label in 'ab':
        for number in range(2):
            (tmp_path / label).mkdir(exist_ok=True)
            cv2.imwrite(str(tmp_path / label / f'{number}.png'), grey)
    deep = read('folder', tmp_path).samples[0].pixels
    assert deep.max() == 15
    for found in (
        read('folder', tmp_path, 12),
        read_data(Data(reader='folder', significant_bits=12), tmp_path),
    ):
        np.testing.assert_array_equal(found.samples[0].pixels[..., 0], grey >> 4)


def test_parts_may_be_folders(tmp_path: Path) -> None:
    found = read('auto', folders(tmp_path, 'train/a', 'train/b', 'val/a', 'val/b', 'test/a'))
    assert sorted(set(found.parts.values())) == ['test', 'train', 'validation']
    split = make_split(found, Data())
    assert [s.name for s in split.select(found.samples, 'test')] == [
        f'test/a/{i}.png' for i in range(4)
    ]


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    assert read('folder', folders(tmp_path, 'bus', 'train')).labels == ('bus', 'train')


def test_a_folder_below_a_class_is_a_group(tmp_path: Path) -> None:
    found = read('folder', folders(tmp_path, 'a/session_1', 'a/session_2', 'b'))
    assert len({s.group for s in found.samples if s.label == 'a'}) == 2
    assert len({s.group for s in found.samples if s.label == 'b'}) == 4


def test_numbered_tracks_are_groups_but_a_mere_count_is_not(tmp_path: Path) -> None:
    for track in range(5):
        for frame in range(2):
            write(tmp_path / 'a' / f'00014_{track:05d}_{frame:05d}.png', picture(track))
            write(tmp_path / 'b' / f'image_{10 * track + frame}.png', picture(track))
    found = read('folder', tmp_path)
    assert len({s.group for s in found.samples if s.label == 'a'}) == 5
    assert len({s.group for s in found.samples if s.label == 'b'}) == 10


@pytest.mark.parametrize(
    ('places', 'sentence'),
    [
        (('Stop', 'stop', 'x'), "labels 'Stop' .* and 'stop'"),
        (('a',), "one label only, 'a'"),
        (('train/a', 'train/b', 'tset/a', 'val/a'), "'tset', which is none: name it train"),
        (('train/a', 'train/b', 'val/a', 'valid/a'), 'two folders of one part'),
    ],
)
def test_wrong_folders(tmp_path: Path, places: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(TrainingError, match=sentence):
        read('folder', folders(tmp_path, *places))


def test_an_empty_class_and_a_single_image(tmp_path: Path) -> None:
    folders(tmp_path, 'a', 'b')
    (tmp_path / 'empty').mkdir()
    with pytest.raises(TrainingError, match='empty holds no image: fill'):
        read('folder', tmp_path)
    write(tmp_path / 'empty' / 'x.png', picture(0))
    with pytest.raises(TrainingError, match="single image of 'empty'"):
        read('folder', tmp_path)


def test_what_is_no_data_set(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match='does not exist'):
        read('auto', tmp_path / 'nothing')
    with pytest.raises(TrainingError, match='holds no data set: give a folder of images'):
        read('auto', tmp_path)
    write(tmp_path / 'x.png', picture(0))
    with pytest.raises(TrainingError, match='images, but no folder per class'):
        read('auto', tmp_path)
    with pytest.raises(TrainingError, match=r'choose one of .*folder.*csv.*idx.*bags'):
        read('nonsense', tmp_path)


def listed(root: Path, text: str, encoding: str = 'utf-8') -> Path:
    for index in range(6):
        write(root / 'img' / f'{index}.png', picture(index))
    path = root / 'list.csv'
    path.write_text(text, encoding=encoding)
    return path


def test_a_list_with_byte_order_mark_quotes_groups_and_splits(tmp_path: Path) -> None:
    rows = '\r\n'.join(
        f'"img/{i}.png";"{"ab"[i % 2]}, quoted";{"s1" if i < 2 else ""};{part};more'
        for i, part in enumerate(('train', 'Train', 'val', 'validation', 'test', 'testing'))
    )
    path = listed(tmp_path, f'Path;LABEL;group;split;note\r\n{rows}\r\n', 'utf-8-sig')
    found = read('auto', path)
    assert found.labels == ('a, quoted', 'b, quoted')
    assert [s.group for s in found.samples[:3]] == ['csv/s1', 'csv/s1', 'csv/img/2.png']
    assert list(found.parts.values()) == ['train', 'validation', 'validation', 'test', 'test']
    np.testing.assert_array_equal(found.samples[5].pixels, picture(5))


@pytest.mark.parametrize(
    ('text', 'sentence'),
    [
        ('path,class\nimg/0.png,a\n', "line 1: there is no column 'label'; .* path, class"),
        ('path,label\nimg/0.png,a\nimg/9.png,b\n', 'line 3: there is no file img/9.png'),
        ('path,label\nimg/0.png,a\nimg/0.png,a\n', 'line 3: img/0.png of line 2 is listed again'),
        ('path,label\nimg/0.png,a\n./img/0.png,b\n', "line 3: .* listed as 'b', not 'a'"),
        ('path,label\n../secret.png,a\n', r'line 2: there is no file \.\./secret.png'),
        ('path,label,split\nimg/0.png,a,tset\n', "line 2: the split 'tset' is unknown: use train"),
        ('path,label,split\nimg/0.png,a,test\nimg/1.png,a,\n', 'line 3: has no split, but others'),
        ('path,label\nimg/0.png,\n', 'line 2: has no label'),
        ('path,label\nimg/0.png,a,b\n', 'line 2: has more cells'),
        ('path,label\n"img/0.png,a\n', 'is no CSV'),
        ('path,label\n', 'holds no images'),
        (
            'path,label,group,split\nimg/0.png,a,g,train\nimg/1.png,b,g,test\n',
            "line 3: group 'g' is in train and test",
        ),
    ],
)
def test_wrong_lists(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(TrainingError, match=sentence):
        read('csv', listed(tmp_path, text))


def idx(path: Path, values: np.ndarray, *, packed: bool) -> None:  # type: ignore[type-arg]
    head = bytes((0, 0, 8, values.ndim)) + struct.pack(f'>{values.ndim}I', *values.shape)
    data = head + values.astype(np.uint8).tobytes()
    path.write_bytes(gzip.compress(data) if packed else data)


def idx_folder(root: Path) -> Path:
    random = np.random.default_rng(0)
    for prefix, count, packed in (('train', 40, True), ('t10k', 10, False)):
        suffix = '.gz' if packed else ''
        images = random.integers(0, 256, (count, 28, 28))
        idx(root / f'{prefix}-images-idx3-ubyte{suffix}', images, packed=packed)
        idx(root / f'{prefix}-labels-idx1-ubyte{suffix}', np.arange(count) % 2, packed=packed)
    return root


def test_idx_files_packed_or_not(tmp_path: Path) -> None:
    found = read('auto', idx_folder(tmp_path))
    assert found.labels == ('0', '1')
    assert found.samples[3].label == '1'
    pixels = found.samples[3].pixels
    assert pixels.shape == (28, 28, 3)
    assert (pixels[..., 0] == pixels[..., 2]).all()
    split = make_split(found, Data())
    assert [len(part) for part in split] == [36, 4, 10]
    assert {s.name.split('/')[0] for s in split.select(found.samples, 'test')} == {'t10k'}
    (tmp_path / 'labels.txt').write_text('shoe\nbag\n')
    assert read('idx', tmp_path).labels == ('shoe', 'bag')
    (tmp_path / 'labels.txt').write_text('shoe\n')
    with pytest.raises(TrainingError, match=r'image of class 1, but labels\.txt names 1'):
        read('idx', tmp_path)


def test_wrong_idx_files(tmp_path: Path) -> None:
    labels = idx_folder(tmp_path) / 'train-labels-idx1-ubyte.gz'
    whole = labels.read_bytes()
    labels.write_bytes(whole[:-9])
    with pytest.raises(TrainingError, match=r'labels-idx1-ubyte\.gz is damaged'):
        read('idx', tmp_path)
    labels.write_bytes(gzip.compress(gzip.decompress(whole)[:-1]))
    with pytest.raises(TrainingError, match='says 40, but holds 39 bytes'):
        read('idx', tmp_path)
    idx(labels, np.zeros(39), packed=True)
    with pytest.raises(TrainingError, match='40 images, but there are 39 labels'):
        read('idx', tmp_path)
    labels.unlink()
    with pytest.raises(TrainingError, match='lacks train-labels'):
        read('idx', tmp_path)


FASHION = Path('/usr/share/datasets/fashion-mnist')


@pytest.mark.skipif(not FASHION.is_dir(), reason='the package dataset-fashion-mnist is missing')
def test_fashion_mnist_is_known_by_its_labels() -> None:
    found = read('auto', FASHION)
    assert (len(found.samples), found.labels[0], found.labels[9]) == (
        70_000,
        't_shirt_top',
        'ankle_boot',
    )
    assert found.samples[0].label == 'ankle_boot'
    assert found.credits
