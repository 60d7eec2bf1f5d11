# SPDX-License-Identifier: Apache-2.0
"""A sweep for real, on Ray Tune: trials are run folders, and the same command goes on."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

from tests.training.conftest import tiny
from training.commands.cli import main
from training.configuration.settings import Data, Stage
from training.data.data_set import data_hash
from training.data.readers.by_name import read
from training.sweep import worker
from training.sweep.record import Attribute, Sweep, Trial, begin_sweep, read_trials, write_trial
from training.sweep.results import read_results

CONFIGURATION = """
from training.configuration import Configuration, Data, Network, Optimizer, Stage


def configurations():
    data = Data('signs', validation_share=0.2, test_share=0.4)
    network = Network('separable_cnn', 0.5)
    stages = (Stage(2, 16, 16),)
    return [Configuration('tiny', stages, data=data, network=network, steps=3, batch_size=16)]
"""
needs_ray = pytest.mark.skipif(
    importlib.util.find_spec('ray') is None,
    reason="Ray Tune is not installed: pip install 'ray[tune]'",
)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / 'tiny.py'
    path.write_text(CONFIGURATION)
    return path


@needs_ray
def test_a_sweep_trains_reports_and_goes_on(
    data: Path, config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / 'sweep'
    command = ['sweep', str(data), '--config', str(config), '--out', str(out)]
    command += ['--vary', 'network.alpha=0.5,1.0', '--concurrent', '2']
    assert main(command) == 0
    said = capsys.readouterr().out
    assert 'what each attribute did to accuracy, over 2 trials' in said
    names = [trial.name for trial in read_trials(out)]
    assert names == ['000_alpha_0.5', '001_alpha_1']
    found = json.loads((out / 'report.json').read_text())
    assert [one['trial']['values'] for one in found['ended']]
    macs = next(e for e in found['effects'] if e['figure'] == 'macs')['effects'][0]
    assert macs['setting'] == 'network.alpha'
    less, more = (level['mean'] for level in macs['levels'])
    assert less < more
    assert 'Sweep of network.alpha' in (out / 'report.html').read_text()
    # The same command trains nothing twice; another sweep is not mixed with this one.
    kept = (out / names[0] / 'model.keras').stat().st_mtime_ns
    assert main(command) == 0
    assert (out / names[0] / 'model.keras').stat().st_mtime_ns == kept
    capsys.readouterr()
    assert main([*command, '--sweep-seed', '2']) == 1
    assert 'holds another sweep (its seed differs)' in capsys.readouterr().err


def test_a_trial_that_cannot_be_trained_is_an_outcome(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configuration = tiny(data=Data('signs', 0.2, 0.4), stages=(Stage(1, 16, 16),))
    attribute = Attribute('network.weights', ('', 'absent.h5'))
    sha256 = data_hash(read('signs', data).samples)
    begin_sweep(tmp_path, Sweep(configuration, (attribute,), 0, 1, 0, str(data), sha256))
    write_trial(tmp_path, Trial('000', {'network.weights': 'absent.h5'}))
    monkeypatch.setattr(sys, 'argv', ['worker', str(tmp_path), '000'])
    assert worker.main() == 0
    results = read_results(tmp_path)
    assert results.ended == ()
    assert not results.stopped
    assert '1 of 1 trials with network.weights=absent.h5 could not' in results.notes[0]
    assert 'absent.h5' in results.trials[0].failed


@pytest.mark.parametrize(
    ('arguments', 'sentence'),
    [
        (['network.alpha=0.5'], 'two or more'),
        (['network.dropout=0..0.5'], 'say with --samples how many'),
        (['network.beta=1,2'], 'there is no setting'),
    ],
)
@needs_ray
def test_what_is_wrong_is_said_in_one_line(
    arguments: list[str], sentence: str, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ['sweep', '/nowhere', '--config', str(config), '--out', '/nowhere', '--vary']
    assert main([*command, *arguments]) == 1
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count('\n') == 1


def test_without_ray_the_cure_is_said(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, 'find_spec', lambda name: None)
    command = [
        'sweep',
        '/nowhere',
        '--config',
        str(config),
        '--out',
        '/nowhere',
        '--vary',
        'a=1,2',
    ]
    assert main(command) == 1
    assert "pip install 'ray[tune]'" in capsys.readouterr().err
