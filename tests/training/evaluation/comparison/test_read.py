# SPDX-License-Identifier: Apache-2.0
"""What is found in folders: runs, the runs of a folder, bundles; the rest is said."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from mobilenet_perception.inference.bundle import default_bundle_path, load_bundle
from training.commands.arguments import evaluated
from training.data.readers.by_name import read
from training.errors import TrainingError
from training.evaluation.comparison.read import read_entries
from training.evaluation.evaluate import run_to_fp16
from training.fit.run_folder import Run


def evaluating(run: Run) -> None:
    evaluated(run, None)


@pytest.fixture
def runs(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one trained run."""
    monkeypatch.setattr('training.evaluation.evaluate.drive_crops', lambda: [])
    shutil.copytree(trained / 'one', tmp_path / 'runs' / 'one')
    return tmp_path / 'runs'


def test_runs_of_a_folder_are_evaluated_when_they_are_not_yet(runs: Path) -> None:
    (runs / 'begun').mkdir()
    (runs / 'begun' / 'configuration.json').write_text('{}')
    (runs / 'begun' / 'curves.json').write_text('{"epochs": [{}, {}]}')
    stray = runs / 'notes.txt'
    stray.write_text('')
    found = read_entries([runs, stray], evaluating)
    (entry,) = found.entries
    assert entry.variant.name == 'one'
    assert entry.predictions is not None
    assert entry.interval is not None
    assert entry.interval.value == pytest.approx(entry.accuracy)
    assert '2 epoch(s) are done' in found.left_out[str(runs / 'begun')]
    assert 'is a file' in found.left_out[str(stray)]
    record = runs / 'one' / 'evaluation.json'
    before = record.stat().st_mtime_ns
    read_entries([runs], evaluating)
    assert record.stat().st_mtime_ns == before


def test_other_precisions_have_intervals_of_their_own(runs: Path, data: Path) -> None:
    run = Run(runs / 'one')
    evaluating(run)
    run_to_fp16(run, read('street_signals', data), run.split())
    exact, half = read_entries([run.folder], evaluating).entries
    assert half.variant.name == 'one_fp16'
    assert half.predictions is not None
    assert exact.predictions is not None
    assert half.interval is not None
    assert half.interval.value == pytest.approx(half.accuracy)
    apart = np.abs(half.predictions.probabilities - exact.predictions.probabilities).max()
    assert 0 < apart < 0.01


def test_variants_of_a_bundle_are_entries_and_names_become_their_own(tmp_path: Path) -> None:
    place = default_bundle_path()
    manifest = load_bundle(place).manifest
    once = read_entries([place, place], lambda run: None).entries
    assert [entry.variant for entry in once] == list(manifest.variants)
    assert once[0].frames
    (tmp_path / 'more' / 'bundle').mkdir(parents=True)
    for path in place.iterdir():
        (tmp_path / 'more' / 'bundle' / path.name).symlink_to(path)
    twice = read_entries([place, tmp_path / 'more' / 'bundle'], lambda run: None).entries
    names = [entry.variant.name for entry in twice]
    assert len(set(names)) == len(names)
    assert names[0] == f'{place.name}/{manifest.variants[0].name}'


def test_what_cannot_be_compared_is_said(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match='there is no'):
        read_entries([tmp_path / 'absent'], lambda run: None)
    with pytest.raises(TrainingError, match='neither a run folder nor a bundle'):
        read_entries([tmp_path], lambda run: None)
    (tmp_path / 'begun').mkdir()
    (tmp_path / 'begun' / 'configuration.json').write_text('{}')
    with pytest.raises(TrainingError, match='nothing to compare'):
        read_entries([tmp_path / 'begun'], lambda run: None)
