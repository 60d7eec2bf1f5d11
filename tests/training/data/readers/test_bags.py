# SPDX-License-Identifier: Apache-2.0
"""Labelled recordings become data sets."""

from pathlib import Path

import pytest

from mobilenet_perception.recordings.labels import FILE
from training.configuration.settings import Data
from training.data.data_set import make_split
from training.data.readers.bags import RATE_HZ
from training.data.readers.by_name import read
from training.errors import TrainingError

pytest.importorskip('rosbags', reason='rosbags, which reads bags, is not installed')

from mobilenet_perception.recordings import BagOptions, open_source, write_bag


@pytest.fixture(scope='module')
def bag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp('bags') / 'drive'
    write_bag(open_source('drive', rate_hz=RATE_HZ, seconds=20.0), path, BagOptions())
    return path


def test_clear_frames_of_a_bag_are_samples_and_encounters_are_groups(bag: Path) -> None:
    found = read('auto', bag)
    assert len(found.labels) >= 2
    assert 10 < len(found.samples) <= 20.0 * RATE_HZ
    assert {s.label for s in found.samples} == set(found.labels)
    by_group = {s.group: s.label for s in found.samples}
    assert all(by_group[s.group] == s.label for s in found.samples)
    # The region of interest, not the whole camera frame.
    assert max(max(s.pixels.shape) for s in found.samples) < 400
    assert read('bags', bag.parent).labels == found.labels


def test_few_encounters_do_not_make_a_split(bag: Path) -> None:
    with pytest.raises(TrainingError, match='group'):
        make_split(read('bags', bag), Data())


def test_a_bag_without_labels_is_refused(bag: Path) -> None:
    labels = bag / FILE
    text = labels.read_text()
    try:
        labels.unlink()
        with pytest.raises(TrainingError, match='have no labels: write labels'):
            read('auto', bag)
    finally:
        labels.write_text(text)


def test_a_folder_without_bags_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match='holds no rosbag2 recording'):
        read('bags', tmp_path)
