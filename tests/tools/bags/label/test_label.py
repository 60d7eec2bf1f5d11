# SPDX-License-Identifier: Apache-2.0
"""Labels come from tables and from bundles, and no correction is lost."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.recordings import open_source
from mobilenet_perception.recordings.labels import FrameLabel, labels_to_json, read_labels
from mobilenet_perception.tools.cli import main
from tests.support.colours import FRAMES, PER_LABEL, assert_one_sentence
from tests.support.recordings import frame, write_recording
from tests.support.tiny_bundle import plain_image

# Ten frames of each, at 20 Hz: 0 to 0.45 s, 0.5 to 0.95 s, 1 to 1.45 s.
SHOWN = ('red', 'grey', 'blue')


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    grey = np.full((20, 30, 3), (110, 112, 110), np.uint8)
    images = {'grey': grey, 'red': plain_image('red'), 'blue': plain_image('blue')}
    frames = (frame(images[SHOWN[n // 10]], 50.0 * n) for n in range(30))
    return write_recording(tmp_path / 'bag', frames)


def label(bag: Path, table: str, *arguments: str) -> int:
    file = bag.parent / 'table.csv'
    file.write_text(table, encoding='utf-8')
    return main(['bag', 'label', str(bag), '--from', str(file), *arguments])


def truths(bag: Path) -> list[str | None]:
    return [item.truth for item in open_source(str(bag)).frames]


def test_intervals_and_frames_of_a_table_become_labels(bag: Path) -> None:
    stamp_ns = [item.stamp_ns for item in open_source(str(bag)).frames][4]
    table = (
        'start_s;end_s;stamp_ns;label;clear;roi;remark\n'
        '0;0,5;;red;;;\n'
        f';;{stamp_ns};blue;no;;a blue frame among red ones\n'
        '1;9;;blue;yes;2 3 10 12;\n'
    )
    assert label(bag, table) == 0
    frames = list(open_source(str(bag)).frames)
    assert [item.truth for item in frames] == (
        ['red'] * 4 + ['blue'] + ['red'] * 5 + [None] * 10 + ['blue'] * 10
    )
    assert [item.clear for item in frames[3:6]] == [True, False, True]
    assert frames[9].roi is None and frames[20].roi == RegionOfInterest(2, 3, 10, 12)


@pytest.mark.parametrize(
    ('table', 'said'),
    [
        ('start_s,end_s\n0,1\n', "line 1: there is no column 'label'"),
        ('start_s,end_s,label\n', 'has no row'),
        ('start_s,end_s,label\n0,1,red\n0.9,1.2,blue\n', 'line 3: overlaps the interval of'),
        ('start_s,end_s,label\n1,1,red\n', 'line 2: end_s must be after start_s'),
        ('start_s,end_s,label\n0,x,red\n', "line 2: end_s must be a number of seconds; it is 'x'"),
        ('start_s,end_s,label\n0,inf,red\n', 'line 2: end_s must be a number'),
        ('start_s,end_s,label\n0,,red\n', 'line 2: give start_s and end_s, or stamp_ns alone'),
        ('start_s,end_s,label\n0,1,red\n5,6,red\n', 'line 3: no frame of the camera lies in this'),
        ('stamp_ns,label\n7,red\n', 'line 2: no frame of the camera has this stamp'),
        ('stamp_ns,label\n1.7E+18,red\n', 'line 2: stamp_ns must be a whole number'),
        ('stamp_ns,label\n7,red\n7,blue\n', 'line 3: line 2 is about the same frame'),
        ('camera,start_s,end_s,label\nrear,0,1,red\n', "line 2: there is no camera 'rear'"),
        ('start_s,end_s,label\n0,0.5,Red\n1,2,red\n', "line 3: 'red' is spelled 'Red' in line 2"),
        ('start_s,end_s,label,clear\n0,1,red,perhaps\n', 'line 2: clear must be yes or no'),
        ('start_s,end_s,label,roi\n0,1,red,1 2 3\n', 'line 2: roi must be x y width height'),
        ('start_s,end_s,label\n0,1,red,1\n', 'line 2: has more cells than there are columns'),
    ],
)  # fmt: skip
def test_wrong_rows_are_named(
    bag: Path, table: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert label(bag, table) == 1
    told = capsys.readouterr().err
    assert_one_sentence(told)
    assert said in told
    assert not (bag / 'labels.json').exists()


def test_cameras_are_named_where_there_are_several(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    red = plain_image('red')
    frames = (frame(red, 50.0 * n, f'/{("left", "right")[n % 2]}/image_raw') for n in range(8))
    bag = write_recording(tmp_path / 'bag', frames)
    assert label(bag, 'start_s,end_s,label\n0,1,red\n') == 1
    assert 'line 2: has no camera: it is one of left, right' in capsys.readouterr().err
    assert label(bag, 'camera,start_s,end_s,label\nright,0,1,red\n') == 0
    assert truths(bag) == [None, 'red'] * 4


def test_a_bundle_writes_what_it_sees_to_be_corrected(
    bag: Path, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(['bag', 'label', str(bag), '--bundle', str(tiny)]) == 0
    assert '3 intervals, 1 of them (10 frames) uncertain' in capsys.readouterr().out
    with (bag / 'labels.csv').open(encoding='utf-8') as file:
        rows = list(csv.DictReader(file))
    assert [(row['label'], row['clear'], row['frames']) for row in rows] == [
        ('red', 'yes', '10'), ('green', 'no', '10'), ('blue', 'yes', '10'),
    ]  # fmt: skip
    assert [float(row['score']) > 0.6 for row in rows] == [True, False, True]
    # As it stands, what is uncertain does not count; a person corrects it.
    table = (bag / 'labels.csv').read_text(encoding='utf-8')
    assert label(bag, table) == 0
    frames = list(open_source(str(bag)).frames)
    assert [item.clear for item in frames] == [True] * 10 + [False] * 10 + [True] * 10
    assert label(bag, table.replace('green,no', 'grey,yes'), '--force') == 0
    assert truths(bag) == [shown for shown in SHOWN for _ in range(10)]


def test_every_frame_of_a_bundles_table_is_labelled_again(
    labelled_bag: Path, tiny: Path, tmp_path: Path
) -> None:
    table, labels = tmp_path / 'table.csv', tmp_path / 'labels.json'
    bag = str(labelled_bag)
    assert main(['bag', 'label', bag, '--bundle', str(tiny), '-o', str(table)]) == 0
    assert main(['bag', 'label', bag, '--from', str(table), '-o', str(labels)]) == 0
    before = read_labels(labelled_bag / 'labels.json')['camera']
    after = read_labels(labels)['camera']
    assert len(after) == FRAMES == 3 * PER_LABEL and after == before


def test_corrections_are_not_overwritten(
    bag: Path, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = 'start_s,end_s,label\n0,0.5,red\n'
    assert label(bag, table) == 0
    (bag / 'labels.csv').write_text('mine')
    before = (bag / 'labels.json').read_bytes()
    for arguments in (
        ['--from', str(bag.parent / 'table.csv')],
        ['--bundle', str(tiny)],
    ):
        assert main(['bag', 'label', str(bag), *arguments]) == 1
        assert 'may hold corrections: add --force' in capsys.readouterr().err
    assert (bag / 'labels.json').read_bytes() == before
    assert (bag / 'labels.csv').read_text() == 'mine'


def test_regions_that_are_known_stay(bag: Path) -> None:
    stamps = [item.stamp_ns for item in open_source(str(bag)).frames]
    roi = RegionOfInterest(1, 2, 8, 9)
    known = {'front': {stamp: FrameLabel(None, roi=roi) for stamp in stamps}}
    (bag / 'labels.json').write_text(labels_to_json(known))
    assert label(bag, 'start_s,end_s,label\n0,0.5,red\n', '--force') == 0
    frames = list(open_source(str(bag)).frames)
    assert {item.roi for item in frames} == {roi}
    assert [item.truth for item in frames] == ['red'] * 10 + [None] * 20


def test_cameras_without_stamps_cannot_be_labelled_in_part(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frames = []
    for n in range(4):
        topic, log_ns, message = frame(plain_image('red'), 50.0 * n)
        header = message.header._replace(stamp=message.header.stamp._replace(sec=0, nanosec=0))
        frames.append((topic, log_ns, message._replace(header=header)))
    bag = write_recording(tmp_path / 'bag', frames)
    assert label(bag, 'start_s,end_s,label\n0,0.1,red\n0.1,1,blue\n') == 1
    assert 'labels are kept by stamp' in capsys.readouterr().err
    assert label(bag, 'start_s,end_s,label\n0,1,red\n') == 0
    assert len(json.loads((bag / 'labels.json').read_text())['cameras']['front']) == 1
