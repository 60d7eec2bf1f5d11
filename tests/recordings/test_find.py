# SPDX-License-Identifier: Apache-2.0
"""Which bags are below a folder."""

import shutil
from pathlib import Path

from mobilenet_perception.recordings import find_bags


def test_a_bag_is_itself(labelled_bag: Path) -> None:
    assert find_bags(labelled_bag) == [labelled_bag]
    storage = labelled_bag / 'colours.mcap'
    assert find_bags(storage) == [storage]


def test_a_folder_of_bags_is_its_bags(labelled_bag: Path, tmp_path: Path) -> None:
    for name in ('b', 'a', 'deep/c', '.hidden'):
        shutil.copytree(labelled_bag, tmp_path / name)
    loose = tmp_path / 'deep' / 'loose.mcap'
    shutil.copy(labelled_bag / 'colours.mcap', loose)
    (tmp_path / 'notes.txt').write_text('of the day')
    expected = ['a', 'b', 'deep/c', 'deep/loose.mcap']
    assert find_bags(tmp_path) == [tmp_path / name for name in expected]


def test_a_bag_without_metadata_is_one(labelled_bag: Path, tmp_path: Path) -> None:
    for number in range(2):
        shutil.copy(labelled_bag / 'colours.mcap', tmp_path / f'drive_{number}.mcap')
    assert find_bags(tmp_path) == [tmp_path]
    shutil.copy(labelled_bag / 'colours.mcap', tmp_path / 'other.mcap')
    assert len(find_bags(tmp_path)) == 3


def test_what_holds_no_bag_is_left_to_who_opens_it(colours: Path, tmp_path: Path) -> None:
    assert find_bags(colours) == [colours]
    assert find_bags(tmp_path / 'absent') == [tmp_path / 'absent']
    assert find_bags(Path('drive')) == [Path('drive')]
