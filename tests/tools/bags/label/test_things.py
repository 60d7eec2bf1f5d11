# SPDX-License-Identifier: Apache-2.0
"""Labels of things: from tables with an id, and as a bundle sees their regions."""

import csv
from pathlib import Path

import pytest

from mobilenet_perception.recordings.labels import read_labels, read_things
from mobilenet_perception.tools.cli import main
from tests.support.colours import assert_one_sentence
from tests.support.recordings import (
    MS,
    START_NS,
    Recorded,
    frame,
    regions,
    stripe,
    striped,
    write_recording,
)


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    """Write two seconds at 10 Hz: a light that changes after one, a sign from there on."""
    items: list[Recorded] = []
    for n in range(20):
        light = 'red' if n < 10 else 'green'
        items.append(frame(striped(light, 'green', 'blue'), 100.0 * n))
        boxes = [stripe('light', 0), *([stripe('sign', 2)] if n >= 10 else [])]
        items.append(regions(*boxes, at_ms=100.0 * n + 20, age_ms=25.0))
    return write_recording(tmp_path / 'bag', items)


def stamp_ns(n: int) -> int:
    return START_NS + (100 * n - 5) * MS


def label(bag: Path, table: str, *arguments: str) -> int:
    file = bag.parent / 'table.csv'
    file.write_text(table, encoding='utf-8')
    return main(['bag', 'label', str(bag), '--from', str(file), *arguments])


def test_rows_with_an_id_are_about_things(bag: Path) -> None:
    table = (
        'id,start_s,end_s,stamp_ns,label,clear\n'
        'light,0,1,,red,\n'
        'light,1,9,,green,no\n'
        'sign,,,,blue,yes\n'
        f',,,{stamp_ns(3)},street,\n'
    )
    assert label(bag, table) == 0
    things = read_things(bag / 'labels.json')['front'].all()
    assert [tuple(one) for one in things] == [
        ('light', stamp_ns(0), stamp_ns(9), 'red', True),
        ('light', stamp_ns(10), stamp_ns(19), 'green', False),
        ('sign', None, None, 'blue', True),
    ]
    assert [one.truth for one in read_labels(bag / 'labels.json')['front'].values()] == ['street']


def test_what_a_bundle_sees_is_a_table_to_correct(bag: Path, tiny: Path) -> None:
    assert main(['bag', 'label', str(bag), '--bundle', str(tiny)]) == 0
    with (bag / 'labels.csv').open(encoding='utf-8') as file:
        rows = list(csv.DictReader(file))
    assert [
        (row['id'], float(row['start_s']), row['label'], row['clear'], row['frames'])
        for row in rows
    ] == [
        ('light', 0.0, 'red', 'yes', '10'),
        ('light', 1.0, 'green', 'yes', '10'),
        ('sign', 1.0, 'blue', 'yes', '10'),
    ]
    assert main(['bag', 'label', str(bag), '--from', str(bag / 'labels.csv')]) == 0
    found = read_things(bag / 'labels.json')['front']
    truths = [found.at('light', stamp_ns(n)).truth for n in (0, 9, 10, 19)]
    assert truths == ['red', 'red', 'green', 'green']
    assert found.at('sign', stamp_ns(9)).truth is None and found.at('sign', stamp_ns(10)).truth


@pytest.mark.parametrize(
    ('rows', 'said'),
    [
        ('lihgt,,,red\n', "line 2: no regions name 'lihgt': they name light, sign"),
        ('light,0,2,red\nlight,1,3,green\n', 'line 3: overlaps the interval of line 2'),
        ('light,0,1,red\nlight,,,green\n', 'line 3: overlaps the interval of line 2'),
        ('light,7,9,red\n', 'line 2: there is no frame then: the last is at 1.900 s'),
        ('light,1,,red\n', 'line 2: give start_s and end_s, or stamp_ns alone'),
        (',,,red\n', 'line 2: give start_s and end_s, or stamp_ns alone'),
    ],
)
def test_wrong_rows_are_one_sentence(
    bag: Path, rows: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert label(bag, f'id,start_s,end_s,label\n{rows}') == 1
    words = capsys.readouterr().err
    assert_one_sentence(words)
    assert said in words
    assert not (bag / 'labels.json').exists()


def test_an_id_where_there_are_no_regions_is_refused(
    bag: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert label(bag, 'id,label\nlight,red\n', '--regions', 'none') == 1
    assert "no regions name 'light': they name nothing" in capsys.readouterr().err
