# SPDX-License-Identifier: Apache-2.0
"""An inspection finds what is wrong with a data set, prints it, and draws it."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.training.data.pictures import COPIES, picture, write
from training.configuration.records import from_json
from training.configuration.settings import Data
from training.data.inspection.inspection import Inspection, inspect_data, print_inspection
from training.data.inspection.write import write_inspection
from training.data.readers.by_name import read


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp('odd')
    for label, count in (('stop', 12), ('yield', 6)):
        for index in range(count):
            write(root / label / f'{index:02d}.png', picture(100 * len(label) + index, 40, 60))
    image = picture(400, 40, 60)
    write(root / 'yield' / 'copy.png', COPIES['brighter'](picture(402, 40, 60)))
    write(root / 'yield' / 'again.png', picture(403, 40, 60))
    write(root / 'stop' / 'small.png', picture(7, 24, 24))
    Image.fromarray(picture(1)).convert('CMYK').save(root / 'stop' / 'cmyk.jpg')
    Image.fromarray(picture(2)).convert('L').save(root / 'stop' / 'grey.png')
    Image.fromarray(picture(3)).convert('RGBA').save(root / 'stop' / 'alpha.png')
    cv2.imwrite(str(root / 'stop' / 'deep.png'), image.astype(np.uint16) * 200)
    turned = Image.Exif()
    turned[274] = 6
    Image.fromarray(picture(5, 40, 60)).save(root / 'stop' / 'turned.jpg', exif=turned)
    whole = (root / 'stop' / '00.png').read_bytes()
    (root / 'stop' / 'cut.png').write_bytes(whole[: len(whole) // 2])
    (root / 'yield' / 'text.jpg').write_text('no image')
    # Both keep their end, as after a loss on the way from a camera.
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    (root / 'stop' / 'flipped.png').write_bytes(flipped)
    photograph = cv2.imencode('.jpg', cv2.resize(image, (320, 240)))[1].tobytes()
    lost = photograph[: len(photograph) // 2] + photograph[-2:]
    (root / 'yield' / 'lost.jpg').write_bytes(lost)
    return root


@pytest.fixture(scope='module')
def found(folder: Path) -> Inspection:
    return inspect_data(read('auto', folder), Data())


def test_counts_sizes_and_imbalance(found: Inspection) -> None:
    assert found.images == found.groups == 30
    assert [(label.label, label.total) for label in found.labels] == [('stop', 20), ('yield', 10)]
    assert sum(label.images['test'] for label in found.labels) == 6
    assert found.imbalance == 2.0
    assert (found.height.least, found.height.most) == (24, 60)
    assert (found.width.median, found.aspect.most) == (60, 1.5)


def test_damage_and_odd_formats_are_named(found: Inspection) -> None:
    why = {one.name: one.reason for one in found.unreadable}
    assert set(why) == {'stop/cut.png', 'stop/flipped.png', 'yield/lost.jpg', 'yield/text.jpg'}
    assert 'the PNG is damaged: the checksum of IDAT' in why['stop/flipped.png']
    assert 'the JPEG is damaged: its pixels end after' in why['yield/lost.jpg']
    assert all(why.values())
    odd = {'CMYK': 'cmyk.jpg', 'alpha': 'alpha.png', '16 bit': 'deep.png', 'grey': 'grey.png'}
    odd['turned by EXIF'] = 'turned.jpg'
    assert found.format_examples == {kind: f'stop/{name}' for kind, name in odd.items()}


def test_copies_and_pictures_under_two_labels_are_found(found: Inspection) -> None:
    pairs = {frozenset((copy.name, copy.original_name)): copy.exact for copy in found.copies}
    assert pairs == {
        frozenset(('yield/copy.png', 'stop/02.png')): False,
        frozenset(('yield/again.png', 'stop/03.png')): True,
    }
    assert len(found.conflicts) == 2
    assert found.repeated == 1


def test_a_data_set_without_a_split_is_inspected_all_the_same(folder: Path) -> None:
    data_set = read('folder', folder)
    few = data_set._replace(samples=[s for s in data_set.samples if s.name[-6:] == '00.png'])
    inspection = inspect_data(few, Data())
    assert 'has 1 group' in inspection.problem
    assert inspection.images == 2


def test_everything_is_printed(found: Inspection, capsys: pytest.CaptureFixture[str]) -> None:
    print_inspection(found)
    text = capsys.readouterr().out
    for words in ('UNREADABLE: 4', 'cut.png', 'CONFLICTS: 2', 'copy.png (yield)', 'EXIF: 1'):
        assert words in text
    assert 'NO SPLIT' not in text


def test_the_page_holds_the_plots_and_json_gives_the_inspection_back(
    found: Inspection, folder: Path, tmp_path: Path
) -> None:
    page = write_inspection(found, read('folder', folder), tmp_path / 'out')
    text = page.read_text()
    # Plots suit a dark page too; photographs are as they are.
    assert text.count('data:image/svg+xml') == 2
    assert text.count('data:image/png') == 2
    assert 'cut.png' in text
    assert 'To mend before a training: 4 images that cannot be read' in text
    for name in ('counts', 'sizes', 'samples', 'conflicts'):
        assert cv2.imread(str(tmp_path / 'out' / f'{name}.png')) is not None
    stored = json.loads((tmp_path / 'out' / 'inspection.json').read_text())
    assert from_json(Inspection, stored, 'it') == found
