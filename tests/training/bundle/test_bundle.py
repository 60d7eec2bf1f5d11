# SPDX-License-Identifier: Apache-2.0
"""From data to a bundle that proves itself, through the command line, on tiny networks."""

import csv
import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from mobilenet_perception.errors import BundleError
from mobilenet_perception.inference.bundle import check_golden_frames, load_bundle
from mobilenet_perception.inference.runtimes import create_runtime
from mobilenet_perception.street import LABELS
from training.bundle import bundling
from training.commands.cli import main


def test_one_command_after_another_makes_a_ladder(
    trained: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # Seconds of training recognise no drawing surely: here any drawing may be golden.
    monkeypatch.setattr(bundling, '_knows', lambda session, image, index, least: True)
    monkeypatch.setattr('training.evaluation.evaluate.drive_crops', lambda: [])
    runs, place = tmp_path / 'runs', tmp_path / 'bundle'
    shutil.copytree(trained, runs)
    assert main(['evaluate', str(runs / 'one')]) == 0
    said = capsys.readouterr().out
    assert 'test_lights' in said
    assert 'every output told apart' in said
    assert main(['bundle', str(runs / 'one'), str(runs / 'two'), '-o', str(place)]) == 0
    said = capsys.readouterr().out
    assert said.count('evaluating') == 1
    bundle = load_bundle(place)
    check_golden_frames(bundle, create_runtime())
    manifest = bundle.manifest
    assert manifest.labels == LABELS
    assert {frame.label for frame in manifest.golden} == set(LABELS)
    assert len(manifest.variants) + said.count('left out: ') == 2
    stored = json.loads((runs / manifest.variants[0].name / 'evaluation.json').read_text())
    assert manifest.variants[0].accuracy == pytest.approx(stored['sets']['test']['accuracy'], 1e-4)
    assert manifest.variants[0].temperature == stored['temperature']
    assert manifest.provenance['held_out']['gtsrb']
    assert 'GTSRB' in (place / 'MODEL_CARD.md').read_text()
    compared = tmp_path / 'comparison'
    several = [str(runs / 'one'), str(runs / 'two'), '-o', str(compared), '--rounds', '1']
    assert main(['compare', *several]) == 0
    rows = list(csv.reader((compared / 'compare.csv').open(encoding='utf-8')))
    assert [row[0] for row in rows[1:]] == ['one', 'two'], rows
    assert (runs / 'one' / 'report.html').read_text().startswith('<!DOCTYPE html>')
    model = place / manifest.variants[0].file
    model.write_bytes(model.read_bytes()[:-1] + b'x')
    with pytest.raises(BundleError):
        load_bundle(place)
    assert main(['quantize', str(runs / 'one'), '--precisions', 'int8']) == 1
    assert 'calibrat' in capsys.readouterr().err


def test_a_folder_of_a_users_own_images(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / 'photos'
    random = np.random.default_rng(0)
    for label, colour in (('crossing', (0, 0, 255)), ('kerb side', (255, 128, 0))):
        for number in range(30):
            image = random.integers(0, 120, (40, 50, 3)) + np.array(colour) // 2
            place = folder / label / f'{"abcdef"[number % 6]}{number}.png'
            place.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(place), image.astype(np.uint8))
    runs, bundle = tmp_path / 'runs', tmp_path / 'mine'
    flags = ['--architecture', 'separable_cnn', '--alpha', '0.5', '--size', '32', '--epochs', '6']
    settings = ['--name', 'first', '--runs', str(runs), '--learning-rate', '0.02']
    assert main(['fit', str(folder), *flags, *settings, '--set', 'batch_size=8']) == 0
    assert main(['evaluate', str(runs / 'first')]) == 0
    assert main(['bundle', str(runs / 'first'), '-o', str(bundle)]) == 0
    assert load_bundle(bundle).manifest.labels == ('crossing', 'kerb side')
    out = tmp_path / 'labels.csv'
    assert main(['predict', str(bundle), str(folder / 'crossing'), '-o', str(out)]) == 0
    with out.open() as file:
        labels = [row['label_1'] for row in csv.DictReader(file)]
    assert labels.count('crossing') >= 27
    (folder / 'damaged.png').write_bytes(b'no image')
    capsys.readouterr()
    assert main(['predict', str(runs / 'first'), str(folder / 'damaged.png')]) == 1
    assert 'damaged.png' in capsys.readouterr().out


@pytest.mark.parametrize(
    ('arguments', 'sentence'),
    [
        (['fit', '/nowhere'], '/nowhere'),
        (['fit', '.', '--config', 'absent.py'], 'no configuration file absent.py'),
        (['fit', '.', '--set', 'optimizer.speed=1'], "no setting 'optimizer.speed'"),
        (['fit', '.', '--learning-rate', 'fast'], 'optimizer.learning_rate'),
        (['evaluate', '/nowhere'], '/nowhere is not a run folder'),
        (['predict', '/nowhere', 'x.png'], '/nowhere is not a run folder'),
        (['quantize', '/nowhere'], '/nowhere is not a run folder'),
        (['bundle', '/nowhere', '-o', 'x'], '/nowhere is not a run folder'),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count('\n') == 1
