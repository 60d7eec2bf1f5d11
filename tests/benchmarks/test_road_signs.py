# SPDX-License-Identifier: Apache-2.0
"""`benchmarks.road_signs` counts what the pipeline says of boxes, true ones and a detector's."""

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.road_signs import Sign, main, not_trained_on, pair, read_photographs
from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.inference.bundle import load_bundle
from tests.support.detector import write_red_detector
from tests.support.tiny_bundle import COLOURS

SIDE = 400
# What the golden frames of the default bundle show, by the class of the table.
SHOWN = {
    'speedlimit': 'speed_limit',
    'stop': 'stop',
    'trafficlight': 'traffic_light_green',
    'crosswalk': 'other_sign',
}


def write_pictures(folder: Path, bundle: Path, wrong: str = '') -> None:
    """Write two pictures of each class, a golden frame in its box; `wrong` shows another one."""
    loaded = load_bundle(bundle)
    folder.mkdir()
    with folder.with_suffix('.csv').open('w', newline='') as file:
        writer = csv.writer(file)
        writer.writerow(['path', 'block', 'label', 'xmin', 'ymin', 'xmax', 'ymax'])
        for number, (label, name) in enumerate(SHOWN.items()):
            shown = 'no_entry' if label == wrong else name
            golden = [item for item in loaded.manifest.golden if item.label == shown]
            for index in range(2):
                picture = np.full((SIDE, SIDE, 3), 128, np.uint8)
                # The node looks at a tenth more on each side.
                picture[40:160, 90:210] = cv2.resize(
                    loaded.golden_images[golden[index].file], (120, 120)
                )
                path = folder / f'{label}{index}.png'
                cv2.imwrite(str(path), picture[..., ::-1])
                row = (f'{folder.name}/{path.name}', 2 * number + index, label, 100, 50, 200, 150)
                writer.writerow(row)


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr('sys.argv', ['road_signs', *map(str, arguments)])
    return main()


def rows(text: str, heading: str) -> dict[str, str]:
    """Return the rows of the table below a heading, by their first word."""
    _, _, below = text.partition(f'\n{heading}')
    lines = below.split('\n\n')[1].splitlines()[1:]
    return {line.split('  ')[0]: line for line in lines}


def test_right_labels_are_counted(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    default_bundle: Path,
    tmp_path: Path,
) -> None:
    write_pictures(tmp_path / 'signs', default_bundle)
    assert run(monkeypatch, tmp_path / 'signs') == 0
    said = capsys.readouterr().out
    assert '8 photographs, margin 0.1; decided: a score of 0.9 or more' in said
    by_class = rows(said, 'True boxes, by class')
    assert list(by_class) == list(SHOWN)
    assert all('100.0% (2 of 2)' in line and '0.0% (0 of 2)' in line for line in by_class.values())
    best = next(iter(rows(said, 'True boxes, by variant').values()))
    assert '100.0%' in best and '8 of 8' in best


def test_what_the_bundle_was_trained_on_is_left_out(default_bundle: Path, tmp_path: Path) -> None:
    write_pictures(tmp_path / 'signs', default_bundle)
    there = list(read_photographs(tmp_path / 'signs', tmp_path / 'signs.csv'))
    names = ['stop0_0_0.15', 'stop1_2', 'elsewhere_1']
    provenance = {'held_out': {'road_signs': names}}
    assert [one.stem for one in not_trained_on(there, provenance)] == ['stop0', 'stop1']
    # Photographs of which it names none are of somewhere else.
    assert len(not_trained_on(there[:2], provenance)) == 2


def test_wrong_labels_are_counted_and_named(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    default_bundle: Path,
    tmp_path: Path,
) -> None:
    write_pictures(tmp_path / 'signs', default_bundle, wrong='stop')
    assert run(monkeypatch, tmp_path / 'signs', '--decided', '0.5') == 0
    said = capsys.readouterr().out
    stop = rows(said, 'True boxes, by class')['stop']
    assert '0.0% (0 of 2)' in stop and '100.0% (2 of 2)' in stop
    assert 'no_entry 2 (2)' in rows(said, 'What is said in place')['stop']


def test_boxes_of_a_detector_are_told_from_the_true_ones(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tiny: Path,
    tmp_path: Path,
) -> None:
    folder = tmp_path / 'signs'
    folder.mkdir()
    with folder.with_suffix('.csv').open('w', newline='') as file:
        writer = csv.writer(file)
        writer.writerow(['path', 'block', 'label', 'xmin', 'ymin', 'xmax', 'ymax'])
        for name, left in (('true', 100), ('elsewhere', 300)):
            picture = np.full((SIDE, SIDE, 3), 128, np.uint8)
            picture[50:150, left : left + 80] = COLOURS['red']
            cv2.imwrite(str(folder / f'{name}.png'), picture[..., ::-1])
            writer.writerow((f'signs/{name}.png', name, 'trafficlight', 100, 50, 180, 150))
    model = write_red_detector(tmp_path / 'red.onnx')
    assert run(monkeypatch, folder, '--detector', model, '--bundle', tiny) == 0
    said = capsys.readouterr().out
    assert '50.0% (1 of 2)' in rows(said, "The detector's boxes")['trafficlight']
    assert '(0 of 1)' in rows(said, 'These boxes, by class')['trafficlight']
    assert 'red 1 (1)' in rows(said, 'What is said of them')['traffic light']


def test_each_sign_is_found_once_and_by_the_box_that_fits_best() -> None:
    box = RegionOfInterest(100, 100, 50, 50)
    signs = [Sign('stop', box), Sign('trafficlight', box._replace(x=300))]
    loose = ('stop sign', box._replace(x=110))
    tight = ('stop sign', box._replace(x=101))
    other = ('traffic light', box)
    far = ('traffic light', box._replace(x=335))
    assert pair(signs, [loose, tight, other, far]) == {1: 0}


@pytest.mark.parametrize(
    ('text', 'says'),
    [
        (None, 'cannot be read: No such file'),
        ('path,block,label\n', None),
        ('path,block\nsigns/a.png,0\n', "has no column 'label': it needs path, block, label"),
        ('path,block,label,xmin,ymin,xmax,ymax\na.png,0,yield,1,1,9,9\n', 'has the class yield'),
        ('path,block,label,xmin,ymin,xmax,ymax\na.png,0,stop,1,x,9,9\n', 'is no whole number'),
    ],
)
def test_another_table_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
    tiny: Path,
    tmp_path: Path,
    text: str | None,
    says: str | None,
) -> None:
    if text is not None:
        (tmp_path / 'signs.csv').write_text(text)
    with pytest.raises(SystemExit, match=f'error: .*{says or "has no rows"}'):
        run(monkeypatch, tmp_path / 'signs', '--bundle', tiny)
