# SPDX-License-Identifier: Apache-2.0
"""Labelling files with the network of the default bundle."""

import csv
import io
from pathlib import Path

import cv2
import numpy as np
import pytest

from mobilenet_perception.inference.bundle import Bundle, default_bundle_path, load_bundle
from mobilenet_perception.inference.runtimes import Session, create_runtime
from training.errors import TrainingError
from training.evaluation.predict import find_images, predict_files, predictions_csv


@pytest.fixture(scope='module')
def bundle() -> Bundle:
    return load_bundle(default_bundle_path())


@pytest.fixture(scope='module')
def session(bundle: Bundle) -> Session:
    variant = bundle.manifest.variants[0]
    return create_runtime().load(bundle.models[variant.name], variant.name)


def test_golden_frames_get_their_labels_and_scores(bundle: Bundle, session: Session) -> None:
    manifest = bundle.manifest
    golden = manifest.golden[:6]
    files = [bundle.folder / frame.file for frame in golden]
    rows = list(predict_files(session, manifest.labels, files))
    assert [row.label for row in rows] == [frame.label for frame in golden]
    for row, frame in zip(rows, golden, strict=True):
        scores = frame.scores[manifest.variants[0].name]
        assert row.probability == pytest.approx(max(scores), abs=manifest.golden_tolerance)
        assert row.top[0][0] == row.label
        assert list(row.top) == sorted(row.top, key=lambda one: -one[1])


def test_a_damaged_file_is_named_and_does_not_end_the_others(
    bundle: Bundle, session: Session, tmp_path: Path
) -> None:
    (tmp_path / 'a.png').write_bytes(b'no picture')
    cv2.imwrite(str(tmp_path / 'b.png'), np.zeros((9, 7, 3), np.uint8))
    rows = list(predict_files(session, bundle.manifest.labels, find_images([tmp_path]), top=2))
    assert [row.label == '' for row in rows] == [True, False]
    assert 'a.png' in rows[0].error
    table = list(csv.DictReader(io.StringIO(predictions_csv(rows, top=2))))
    assert list(table[0]) == [
        'file', 'label_1', 'probability_1', 'label_2', 'probability_2', 'error',
    ]  # fmt: skip
    assert table[0]['error'] == rows[0].error
    assert table[1]['label_1'] == rows[1].label
    assert float(table[1]['probability_1']) == pytest.approx(rows[1].probability, abs=1e-6)


def test_labels_of_another_network_are_refused(session: Session) -> None:
    with pytest.raises(TrainingError, match='outputs, but 2 labels'):
        predict_files(session, ('a', 'b'), [])


def test_folders_are_searched_and_absence_is_said(tmp_path: Path) -> None:
    (tmp_path / 'deep').mkdir()
    with pytest.raises(TrainingError, match='holds no image'):
        find_images([tmp_path])
    for name in ('deep/b.JPG', 'a.png', 'notes.txt'):
        (tmp_path / name).touch()
    assert [path.name for path in find_images([tmp_path])] == ['a.png', 'b.JPG']
    # A file that is named is taken, whatever it is called.
    assert find_images([tmp_path / 'notes.txt']) == [tmp_path / 'notes.txt']
    with pytest.raises(TrainingError, match='no file'):
        find_images([tmp_path / 'absent.png'])
