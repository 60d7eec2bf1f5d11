# SPDX-License-Identifier: Apache-2.0
"""From a user's folder and negatives to a bundle that knows what it does not know, and says it."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from mobilenet_perception.inference.bundle import load_bundle
from mobilenet_perception.inference.classifier import open_classifier
from mobilenet_perception.tools.bundle.check_pictures import measure_bundle, stored_open_world
from tests.training.conftest import shared
from tests.training.data.pictures import picture, write
from training.bundle import bundling
from training.commands.cli import main
from training.fit.run_folder import Run

COLOURS = {'red': (200, 20, 20), 'blue': (20, 20, 200)}
FLAGS = ['--architecture', 'separable_cnn', '--alpha', '0.5', '--size', '24', '--epochs', '6']


def draw(folder: Path) -> None:
    """Squares of two colours; streets in no colour of them, of two sources."""
    random = np.random.default_rng(0)
    for label, colour in COLOURS.items():
        for number in range(40):
            pixels = random.integers(0, 100, (32, 32, 3)) + np.array(colour) // 2
            write(folder / 'photos' / label / f'{number}.png', pixels.astype(np.uint8))
    for source, first in (('kerbs', 500), ('tiles', 600)):
        for number in range(10):
            grey = picture(first + number, 48, 64).mean(axis=2, keepdims=True)
            write(
                folder / 'unknown' / source / f'{number}.png',
                np.repeat(grey, 3, axis=2).astype(np.uint8),
            )
    for number in range(30):
        grey = picture(700 + number, 48, 64).mean(axis=2, keepdims=True)
        write(folder / 'streets' / f'{number}.png', np.repeat(grey, 3, axis=2).astype(np.uint8))


@pytest.fixture(scope='module')
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pictures; beside them lies a run that was trained with negatives."""

    pictures = shared(tmp_path_factory, 'open_world', draw)

    def make(folder: Path) -> None:
        fit = ['fit', str(pictures / 'photos'), '--negatives', str(pictures / 'streets'), *FLAGS]
        settings = ['--runs', str(folder), '--name', 'mine', '--learning-rate', '0.02']
        assert main([*fit, *settings, '--batch-size', '8']) == 0

    shared(tmp_path_factory, 'open_world_runs', make)
    return pictures


def test_figures_are_the_same_wherever_they_are_measured(
    place: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # Seconds of training make nothing sure: here any image may be golden.
    monkeypatch.setattr(bundling, '_knows', lambda session, image, index, least: True)
    run, bundle = place.parent / 'open_world_runs' / 'mine', tmp_path / 'mine'
    unknown = ['--unknown', str(place / 'unknown'), '--windows', '3']
    assert main(['evaluate', str(run), *unknown]) == 0
    said = capsys.readouterr().out
    assert 'what shows none of the labels' in said and 'kerbs' in said
    stored = json.loads((run / 'evaluation.json').read_text())
    sources = stored['open_world']['unknown']
    assert list(sources) == ['negatives', 'kerbs', 'tiles', 'all']
    assert sources['kerbs']['frames'] == 40 and sources['kerbs']['groups'] == 10
    assert stored['open_world']['known'].keys() == {'folder'}
    # It has learnt what shows nothing, and has a threshold for each label.
    assert stored['promise']['decide_above'].keys() == {'red', 'blue', 'background'}
    assert sources['all']['auroc']['value'] > 0.9
    page = (run / 'report.html').read_text()
    assert 'What it does not know' in page and 'false decisions, of' in page

    assert main(['bundle', str(run), '-o', str(bundle)]) == 0
    loaded = load_bundle(bundle)
    kept = stored_open_world(loaded, 'mine')
    assert kept is not None
    classifier = open_classifier(bundle, 'onnxruntime', 1)
    checked = measure_bundle(classifier, [place / 'unknown'], 3)['mine'].found
    assert checked.unknown['kerbs'] == kept.unknown['kerbs']
    assert checked.unknown['tiles'] == kept.unknown['tiles']
    card = (bundle / 'MODEL_CARD.md').read_text()
    for words in (
        '## Where it must not be used',
        '| negatives |',
        '## Thresholds',
        '| mine | kerbs | 40 of 10 |',
        '## What it confuses',
        'none given: ask who made the images',
    ):
        assert words in card, words

    out = tmp_path / 'compared'
    assert main(['compare', str(run), str(bundle), '-o', str(out), '--rounds', '1']) == 0
    with (out / 'compare.csv').open(newline='') as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 and rows[0]['auroc'] == rows[1]['auroc'] != ''
    assert float(rows[0]['missed']) == stored['open_world']['known']['folder']['missed']['value']
    assert 'false of kerbs' in (out / 'compare.html').read_text()
    capsys.readouterr()
    other = ['--unknown', str(place / 'unknown' / 'kerbs'), '-o', str(out), '--rounds', '1']
    assert main(['compare', str(run), str(bundle), *other]) == 0
    said = capsys.readouterr().out
    assert 'false of kerbs' in said and 'tiles' not in said
    assert main(['quantize', str(run), '--precisions', 'fp16']) == 0
    half = json.loads((run / 'fp16.json').read_text())['open_world']['unknown']
    assert list(half) == list(sources) and half['kerbs']['frames'] == 40


def test_an_epoch_goes_through_the_labels_and_some_of_what_shows_nothing(place: Path) -> None:
    run = Run(place.parent / 'open_world_runs' / 'mine')
    assert run.data().labels == ('blue', 'red', 'background')
    assert run.configuration().data.negatives == (str(place / 'streets'),)


@pytest.mark.parametrize(
    ('arguments', 'sentence'),
    [
        (['evaluate', '{run}', '--unknown', '{photos}'], 'is named after a label'),
        (['evaluate', '{run}', '--unknown', '/nowhere'], 'no folder /nowhere'),
    ],
)
def test_what_is_not_unknown_is_said_in_one_line(
    place: Path, arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    places = {'run': place.parent / 'open_world_runs' / 'mine', 'photos': place / 'photos'}
    assert main([one.format(**places) for one in arguments]) == 1
    said = capsys.readouterr().err
    assert sentence in said and said.rstrip().count('\n') == 0


def test_a_bundle_is_told_where_to_go(
    default_bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(['evaluate', str(default_bundle)]) == 1
    assert 'mobilenet_perception check' in capsys.readouterr().err
