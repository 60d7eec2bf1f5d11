# SPDX-License-Identifier: Apache-2.0
"""Folders as data sets are published: doubled, wrapped, in parts, with files of every kind."""

import unicodedata
from pathlib import Path

import pytest

from tests.training.data.pictures import picture, write
from training.commands.cli import main
from training.configuration.settings import Data
from training.data.data_set import DataSet
from training.data.inspection.inspection import inspect_data, remarks
from training.data.readers.by_name import read, read_data
from training.errors import TrainingError


def folders(root: Path, *places: str, images: int = 4) -> Path:
    for place in places:
        for index in range(images):
            write(root / place / f'{index}.png', picture(index))
    return root


def parts_of(data_set: DataSet) -> dict[str, str]:
    """Return the part of each folder that holds images."""
    return {
        str(Path(sample.name).parent): data_set.parts.get(sample.group, '')
        for sample in data_set.samples
    }


DOUBLED = {
    'seg_train/seg_train/sea': 'train',
    'seg_train/seg_train/ice': 'train',
    'seg_test/seg_test/sea': 'test',
    'seg_test/seg_test/ice': 'test',
}


@pytest.mark.parametrize('wrapper', ['', 'archive/', 'intel/intel/'])
@pytest.mark.parametrize(
    'layout',
    [
        DOUBLED,
        {place.replace('seg_train/seg_train', 'training'): part for place, part in
         {**DOUBLED, 'validation/sea': 'validation', 'validation/ice': 'validation'}.items()},
        {'Train/a': 'train', 'Train/b': 'train', 'VAL/a': 'validation', 'VAL/b': 'validation'},
        {'train_data/a': 'train', 'train_data/b': 'train', 'test1/a': 'test'},
        {'dataset-train/train/a': 'train', 'dataset-train/train/b': 'train',
         'dataset-test/test/a': 'test'},
        {'TrainSet/a': 'train', 'TrainSet/b': 'train', 'TestSet/a': 'test', 'TestSet/b': 'test'},
        {'trainset/a': 'train', 'trainset/b': 'train', 'valset/a': 'validation'},
        {'training/a': 'train', 'training/b': 'train', 'evaluation/a': 'validation'},
        {'trainval/a': 'train', 'trainval/b': 'train', 'holdout/a': 'test'},
    ],
)  # fmt: skip
def test_parts_are_found_however_they_are_named_and_nested(
    tmp_path: Path, layout: dict[str, str], wrapper: str
) -> None:
    found = read('auto', folders(tmp_path, *(f'{wrapper}{place}' for place in layout)))
    assert parts_of(found) == {f'{wrapper}{place}': part for place, part in layout.items()}
    assert set(found.labels) == {Path(place).name for place in layout}


@pytest.mark.parametrize('pred', ['seg_pred/seg_pred', 'pred', 'unlabelled'])
def test_images_that_nobody_has_labelled_are_left_out_and_counted(
    tmp_path: Path, pred: str
) -> None:
    found = read('auto', folders(tmp_path, *DOUBLED, pred))
    assert parts_of(found) == DOUBLED
    place = tmp_path / Path(pred).parts[0]
    assert found.notes == (f'{place}: 4 image(s) without labels are left out',)


def test_a_test_part_without_labels_is_no_label(tmp_path: Path) -> None:
    found = read('auto', folders(tmp_path, 'train/cat', 'train/dog', 'test'))
    assert found.labels == ('cat', 'dog')
    assert found.notes == (f'{tmp_path / "test"}: 4 image(s) without labels are left out',)


def test_a_training_part_alone_gives_its_classes(tmp_path: Path) -> None:
    found = read('auto', folders(tmp_path, 'seg_train/seg_train/a', 'seg_train/seg_train/b'))
    assert (found.labels, dict(found.parts)) == (('a', 'b'), {})


def test_a_class_called_train_may_hold_groups(tmp_path: Path) -> None:
    found = read('auto', folders(tmp_path, 'bus/drive_1', 'train/drive_1', 'train/drive_2'))
    assert found.labels == ('bus', 'train')


@pytest.mark.parametrize(
    ('places', 'sentence'),
    [
        (('seg_test/a', 'seg_test/b', 'others/x'), "'seg_test', which looks like a part"),
        (('seg_test/a', 'seg_val/a'), r'parts \(seg_test, seg_val\), but none to train on'),
        (('test/a', 'val/a'), r'parts \(test, val\), but none to train on'),
        (('train', 'test1'), r'parts \(test1, train\), but none to train on with a folder'),
        (('archive/a', 'archive/b'), "a single folder of folders, 'archive': .* give --data"),
        (('train/a', 'train/b', 'train', 'test/a'), 'train holds images beside its class folders'),
        (('seg_train/a', 'seg_train/b', 'train2/a', 'test/a'), 'two folders of one part'),
        (('train/a', 'trainval/a', 'test/a'), 'two folders of one part'),
        (('fold1/a', 'fold1/b', 'fold2/a'), r'folds of a cross-validation \(fold1, ...\)'),
        (('a/train', 'a/test', 'b/train', 'b/test'), 'a holds parts within a class: put'),
    ],
)
def test_what_could_be_parts_or_classes_is_refused(
    tmp_path: Path, places: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(TrainingError, match=sentence):
        read('auto', folders(tmp_path, *places))


def test_every_name_of_a_jpeg_is_read_and_other_files_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    endings = ('jfif', 'jpe', 'JPG', 'JFIF', 'jpeg')
    for label in 'ab':
        for index, ending in enumerate(endings):
            file = write(tmp_path / label / f'{index}.jpg', picture(index))
            file.rename(file.with_suffix(f'.{ending}'))
        for name in ('x.gif', 'y.HEIC', 'z.heic', 'Thumbs.db', '.DS_Store', '._0.jpg'):
            (tmp_path / label / name).write_bytes(b'other')
    found = read('auto', tmp_path)
    assert len(found.samples) == 2 * len(endings)
    (note,) = found.notes
    assert '6 file(s) are left out (2 .gif, 4 .heic)' in note
    assert note in list(remarks(inspect_data(found, Data())))
    read_data(Data(), tmp_path)
    assert note in capsys.readouterr().err
    assert main(['inspect', str(tmp_path)]) == 0
    assert note in capsys.readouterr().out


def test_an_empty_file_is_called_one(tmp_path: Path) -> None:
    folders(tmp_path, 'a', 'b')
    (tmp_path / 'a' / 'empty.jpg').touch()
    (unreadable,) = inspect_data(read('auto', tmp_path), Data()).unreadable
    assert 'the file is empty' in unreadable.reason and 'driver' not in unreadable.reason


def test_the_two_unicode_forms_of_a_label_are_one(tmp_path: Path) -> None:
    one, two = (unicodedata.normalize(form, 'señal') for form in ('NFC', 'NFD'))
    assert one != two
    folders(tmp_path / 'photos', f'train/{one}', 'train/b', f'test/{two}', 'test/b')
    assert read('auto', tmp_path / 'photos').labels == ('b', one)
    rows = [f'photos/train/{one}/{i}.png,{(one, two)[i % 2]}\n' for i in range(4)]
    # The list writes the accent of a folder in the other form.
    rows += [f'photos/test/{one}/{i}.png,{two}\n' for i in range(4)]
    rows += [f'photos/train/b/{i}.png,b\n' for i in range(4)]
    path = tmp_path / 'list.csv'
    path.write_text('path,label\n' + ''.join(rows), encoding='utf-8')
    found = read('auto', path)
    assert found.labels == ('b', one) and len(found.samples) == 12


@pytest.mark.parametrize('kind', ['absolute', 'relative', 'windows'])
def test_a_list_may_name_files_outside_its_folder_and_says_where(
    tmp_path: Path, kind: str
) -> None:
    folders(tmp_path / 'photos', 'stop', 'go')
    path = tmp_path / 'lists' / 'list.csv'
    path.parent.mkdir()
    before = {'absolute': f'{tmp_path}/photos/', 'relative': '../photos/',
              'windows': '..\\photos\\'}[kind]  # fmt: skip
    rows = [f'{before}{label}/{i}.png,{label}\n' for label in ('stop', 'go') for i in range(4)]
    path.write_text('path,label\n' + ''.join(rows))
    found = read('auto', path)
    assert [s.image for s in found.samples[:2]] == [
        tmp_path / 'photos' / 'stop' / f'{i}.png' for i in range(2)
    ]
    assert found.notes == (
        f'{path}: 8 of 8 images lie outside its folder, in or below {tmp_path / "photos"}',
    )


@pytest.mark.parametrize(
    ('path', 'sentence'),
    [
        ('/dev/zero', 'line 2: /dev/zero is no file'),
        ('..', r'line 2: \.\. is no file'),
        ('../no.png', r'line 2: there is no file \.\./no\.png'),
        ('C:\\photos\\a.png', r'line 2: there is no file C:.*, a path of Windows: write it'),
    ],
)
def test_what_a_list_names_must_be_a_file(tmp_path: Path, path: str, sentence: str) -> None:
    list_file = tmp_path / 'list.csv'
    list_file.write_text(f'path,label\n{path},a\n')
    with pytest.raises(TrainingError, match=sentence):
        read('auto', list_file)
