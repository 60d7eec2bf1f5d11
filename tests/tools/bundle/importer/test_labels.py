# SPDX-License-Identifier: Apache-2.0
"""Label files as people have them."""

from pathlib import Path

import pytest

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.tools.bundle.importer.labels import read_labels


@pytest.mark.parametrize(
    ('name', 'text'),
    [
        ('plain.txt', 'cat\ndog\nowl\n'),
        ('windows.txt', '\ufeffcat\r\ndog\r\nowl\r\n\r\n'),
        ('teachable_machine.txt', '0 cat\n1 dog\n2 owl\n'),
        ('from_one.txt', '1: cat\n2: dog\n3: owl\n'),
        ('shuffled.txt', '2,owl\n0,cat\n1,dog\n'),
        ('list.json', '["cat", "dog", "owl"]'),
        ('by_index.json', '{"1": "dog", "0": "cat", "2": "owl"}'),
        ('by_name.json', '{"owl": 2, "cat": 0, "dog": 1}'),
        ('imagenet_class_index.json',
         '{"0": ["n01", "cat"], "1": ["n02", "dog"], "2": ["n03", "owl"]}'),
        ('config.json', '{"model": "x", "id2label": {"0": "cat", "1": "dog", "2": "owl"}}'),
        ('indexed.csv', 'index,name\n0,cat\n1,dog\n2,owl\n'),
        ('names.csv', 'label\ncat\ndog\nowl\n'),
    ],
)  # fmt: skip
def test_labels_are_read_in_the_order_of_the_outputs(name: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(text.encode())
    assert read_labels(path) == ('cat', 'dog', 'owl')


def test_names_that_begin_with_a_number_are_names(tmp_path: Path) -> None:
    path = tmp_path / 'signs.txt'
    path.write_text('30 km/h\n50 km/h\n70 km/h\n')
    assert read_labels(path) == ('30 km/h', '50 km/h', '70 km/h')


def test_a_name_that_comes_twice_is_told_apart(tmp_path: Path) -> None:
    path = tmp_path / 'imagenet.txt'
    path.write_text('crane\nheron\ncrane\n')
    assert read_labels(path) == ('crane', 'heron', 'crane (2)')


@pytest.mark.parametrize(
    ('name', 'text', 'said'),
    [
        ('gap.json', '{"0": "cat", "2": "owl"}', 'number 1 is missing'),
        ('broken.json', '{"0": ', 'not JSON'),
        ('other.json', '{"model": "x"}', 'holds no labels'),
        ('one.txt', 'cat\n', '1 labels'),
        ('picture.txt', '\udcff', 'no text'),
    ],
)
def test_what_is_no_label_file_is_said(name: str, text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(text.encode(errors='surrogateescape'))
    with pytest.raises(PerceptionError, match=said):
        read_labels(path)
