# SPDX-License-Identifier: Apache-2.0
"""The way from the robot back to training: a recording is labelled, extracted and trained on."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mobilenet_perception.tools.cli import main
from training.commands.cli import main as train
from training.data.data_set import DataSet, make_split
from training.data.duplicates.leaks import find_leaks
from training.data.readers.by_name import read

pytest.importorskip('rosbags', reason='rosbags, which reads bags, is not installed')

from mobilenet_perception.frames import decode
from mobilenet_perception.frames.messages import image_message
from mobilenet_perception.recordings import BagOptions, Source, SourceFrame, open_source, write_bag
from mobilenet_perception.recordings.labels import labels_of_bag
from training.configuration.settings import Data

RATE_HZ = 5.0


def twice(frames: Iterator[SourceFrame]) -> Iterator[SourceFrame]:
    """Show every frame again after a moment, somewhat darker: the robot stands still."""
    for frame in frames:
        yield frame
        later_ns = frame.stamp_ns + round(0.5e9 / RATE_HZ)
        darker = (decode(frame.message).rgb() * 0.95).astype(np.uint8)
        message = image_message(darker, later_ns, frame.camera)
        yield frame._replace(stamp_ns=later_ns, log_ns=later_ns, message=message, truth=None)


@pytest.fixture(scope='module')
def bag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A drive in which every frame comes twice, labelled by a table: signal or nothing."""
    path = tmp_path_factory.mktemp('bags') / 'drive'
    drive = open_source('drive', rate_hz=RATE_HZ, seconds=30.0)
    write_bag(Source('drive', drive.cameras, twice(drive.frames)), path, BagOptions())
    table = path / 'table.csv'
    with table.open('w', encoding='utf-8', newline='') as file:
        writer = csv.writer(file)
        writer.writerow(('start_s', 'end_s', 'label', 'clear'))
        known = labels_of_bag(path)['camera']
        first_ns = min(known)
        for stamp_ns, label in known.items():
            if label.truth is not None:
                start_s = (stamp_ns - first_ns) / 1e9
                name = 'nothing' if label.truth == 'background' else 'signal'
                clear = 'yes' if label.clear else 'no'
                writer.writerow((start_s, start_s + 1 / RATE_HZ, name, clear))
    assert main(['bag', 'label', str(path), '--from', str(table), '--force']) == 0
    return path


@pytest.fixture(scope='module')
def extracted(bag: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp('extracted') / 'images'
    arguments = ['--every', str(0.5 / RATE_HZ), '--group-seconds', '2']
    assert main(['bag', 'extract', str(bag), '-o', str(folder), *arguments]) == 0
    return folder


def test_near_duplicates_are_gone(bag: Path, extracted: Path) -> None:
    data_set = read('auto', extracted)
    clear = [label for label in labels_of_bag(bag)['camera'].values() if label.clear]
    assert 40 < len(data_set.samples) <= len(clear) / 2
    # Not one is like another, whatever their groups.
    alone = [sample._replace(group=sample.name) for sample in data_set.samples]
    for label in data_set.labels:
        own = [sample for sample in alone if sample.label == label]
        half = len(own) // 2
        split = make_split(DataSet(alone, data_set.labels), Data())._replace(
            train=tuple(sample.group for sample in own[:half]), validation=(),
            test=tuple(sample.group for sample in own[half:]),
        )  # fmt: skip
        assert find_leaks(DataSet(own, data_set.labels), split) == []


def test_classes_are_folders_and_stretches_are_groups(extracted: Path) -> None:
    data_set = read('auto', extracted)
    assert data_set.labels == ('nothing', 'signal')
    groups = {sample.group for sample in data_set.samples}
    assert all(group.rpartition('/')[2].startswith('drive_') for group in groups)
    listed = read('auto', extracted / 'manifest.csv')
    assert listed.labels == data_set.labels
    assert {s.name for s in listed.samples} == {s.name for s in data_set.samples}
    # The list keeps the labels of one stretch together, too.
    assert {s.group for s in listed.samples} == {f'csv/{g.rpartition("/")[2]}' for g in groups}


def test_what_is_extracted_is_trained_on_and_evaluated(extracted: Path, tmp_path: Path) -> None:
    settings = {
        '--architecture': 'separable_cnn', '--alpha': '0.5', '--size': '16', '--epochs': '3',
        '--batch-size': '16', '--learning-rate': '0.02', '--name': 'tiny',
    }  # fmt: skip
    given = [word for pair in settings.items() for word in pair]
    assert train(['fit', str(extracted), *given, '--runs', str(tmp_path)]) == 0
    assert train(['evaluate', str(tmp_path / 'tiny')]) == 0
    found = json.loads((tmp_path / 'tiny' / 'metrics.json').read_text())['test']
    # So few images say nothing about how well.
    assert found['metrics']['frames'] >= 5
    assert set(found['metrics']['per_class']) == {'nothing', 'signal'}
