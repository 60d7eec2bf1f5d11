# SPDX-License-Identifier: Apache-2.0
"""labels.json: frames by stamp, things by id; files from before there were things stay valid."""

import json
from pathlib import Path
from typing import Any

import pytest

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.recordings.labels import (
    FrameLabel,
    ThingLabel,
    ThingLabels,
    labels_to_json,
    read_labels,
    read_things,
)

FRAMES = {'front': {5: FrameLabel('stop', True, RegionOfInterest(1, 2, 3, 4))}}
THINGS = {
    'front': ThingLabels(
        [
            ThingLabel('light', 20, None, 'green'),
            ThingLabel('light', None, 9, 'red', clear=False),
            ThingLabel('sign', None, None, 'stop'),
        ]
    )
}


def write(path: Path, text: str) -> Path:
    file = path / 'labels.json'
    file.write_text(text)
    return file


def test_what_is_written_is_read(tmp_path: Path) -> None:
    file = write(tmp_path, labels_to_json(FRAMES, THINGS))
    assert read_labels(file) == FRAMES
    assert read_things(file)['front'].all() == THINGS['front'].all()


def test_files_without_things_are_as_they_were(tmp_path: Path) -> None:
    text = labels_to_json(FRAMES)
    assert set(json.loads(text)) == {'schema_version', 'cameras'}
    assert read_things(write(tmp_path, text)) == {}


@pytest.mark.parametrize(
    ('thing', 'stamp_ns', 'truth', 'clear'),
    [
        ('light', 9, 'red', False), ('light', 10, None, False), ('light', 20, 'green', True),
        ('light', 10**18, 'green', True), ('sign', 0, 'stop', True), ('moose', 9, None, False),
    ],
)  # fmt: skip
def test_a_thing_shows_what_its_stretch_of_time_says(
    thing: str, stamp_ns: int, truth: str | None, clear: bool
) -> None:
    found = THINGS['front'].at(thing, stamp_ns)
    assert (found.truth, found.clear) == (truth, clear)


GOOD = {'id': 'a', 'from_ns': 1, 'to_ns': 9, 'truth': 'stop', 'clear': True}


@pytest.mark.parametrize(
    ('things', 'said'),
    [
        ([{**GOOD, 'id': ''}], 'a thing must have an id'),
        ([{**GOOD, 'id': 7}], 'the id of a thing must be a text; it is 7'),
        ([{**GOOD, 'to_ns': 0}], 'a label of the thing a ends before it begins'),
        ([GOOD, {**GOOD, 'from_ns': 9, 'to_ns': None}], 'two labels of the thing a are about'),
        ([{**GOOD, 'from_ns': 1.5}], 'must be whole numbers or null'),
        ([{**GOOD, 'truth': 3}], 'truth must be a label or null'),
        ([{'id': 'a'}], 'KeyError'),
        ('a', 'is not a labels file'),
        ({'a': 1}, 'is not a labels file'),
    ],
)
def test_wrong_things_are_one_sentence(tmp_path: Path, things: Any, said: str) -> None:
    value = {'schema_version': 1, 'cameras': {}, 'things': {'front': things}}
    file = write(tmp_path, json.dumps(value))
    for reader in (read_labels, read_things):
        with pytest.raises(PerceptionError) as caught:
            reader(file)
        assert said in str(caught.value) and '\n' not in str(caught.value)
