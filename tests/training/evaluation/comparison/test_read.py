# SPDX-License-Identifier: Apache-2.0
"""What is found in folders: runs, the runs of a folder, bundles; the rest is said."""

from pathlib import Path

import numpy as np
import pytest

from mobilenet_perception.inference.bundle import default_bundle_path, load_bundle
from tests.training.conftest import tiny
from training.commands.arguments import evaluated
from training.configuration.settings import Data, Network, Stage
from training.data.data_set import DataSet, data_hash, make_split
from training.data.readers.by_name import read
from training.errors import TrainingError
from training.evaluation.comparison.read import read_entries
from training.evaluation.evaluate import run_to_fp16
from training.fit.fitting import fit_one
from training.fit.run_folder import Run, run_data


class Trained:
    def __init__(self, runs: Path, data: Path) -> None:
        self.runs = runs
        self.data_set: DataSet = read('signs', data)
        configuration = tiny(
            name='trained',
            data=Data('signs', validation_share=0.2, test_share=0.4),
            network=Network('separable_cnn', 0.5),
            stages=(Stage(1, 16, 16),),
            steps=3,
        )
        stored = run_data(self.data_set, data, data_hash(self.data_set.samples))
        split = make_split(self.data_set, configuration.data)
        fit_one(configuration, self.data_set, stored, split, runs)


def evaluating(run: Run) -> None:
    evaluated(run, None)


@pytest.fixture(scope='module')
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return Trained(tmp_path_factory.mktemp('compare') / 'runs', data)


def test_runs_of_a_folder_are_evaluated_when_they_are_not_yet(trained: Trained) -> None:
    (trained.runs / 'begun').mkdir()
    (trained.runs / 'begun' / 'configuration.json').write_text('{}')
    (trained.runs / 'begun' / 'curves.json').write_text('{"epochs": [{}, {}]}')
    stray = trained.runs / 'notes.txt'
    stray.write_text('')
    found = read_entries([trained.runs, stray], evaluating)
    (entry,) = found.entries
    assert entry.variant.name == 'trained'
    assert entry.predictions is not None
    assert entry.interval is not None
    assert entry.interval.value == pytest.approx(entry.accuracy)
    assert '2 epoch(s) are done' in found.left_out[str(trained.runs / 'begun')]
    assert 'is a file' in found.left_out[str(stray)]
    record = trained.runs / 'trained' / 'evaluation.json'
    before = record.stat().st_mtime_ns
    read_entries([trained.runs], evaluating)
    assert record.stat().st_mtime_ns == before


def test_other_precisions_have_intervals_of_their_own(trained: Trained) -> None:
    run = Run(trained.runs / 'trained')
    evaluating(run)
    run_to_fp16(run, trained.data_set, run.split())
    exact, half = read_entries([run.folder], evaluating).entries
    assert half.variant.name == 'trained_fp16'
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
