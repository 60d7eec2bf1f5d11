# SPDX-License-Identifier: Apache-2.0
"""From data to a bundle that proves itself, through the command line, on tiny networks."""

from pathlib import Path

import pytest

from mobilenet_perception.bundle import load_bundle, self_test
from mobilenet_perception.errors import BundleError
from mobilenet_perception.runtimes import create_runtime
from mobilenet_perception.simulation import LABELS
from training import golden
from training.cli import main

TINY = """
from tests.training.conftest import tiny


def configuration():
    return tiny({epochs}, steps=20)
"""


def test_one_command_after_another_makes_a_bundle(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Seconds of training recognise no drawing surely: here any drawing may be golden.
    monkeypatch.setattr(golden, '_knows', lambda session, image, index: True)
    monkeypatch.setattr('training.evaluate.drive_crops', lambda: [])
    config = tmp_path / 'tiny.py'
    config.write_text(TINY.format(epochs=6))
    run, place = str(tmp_path / 'run'), tmp_path / 'bundle'
    common = ['--data', str(data)]
    assert main(['fit', '--config', str(config), '--run', run, *common]) == 0
    assert main(['bundle', run, '-o', str(place), *common]) == 0
    assert 'test_lights' in capsys.readouterr().out
    bundle = load_bundle(place)
    self_test(bundle, create_runtime())
    assert bundle.manifest.labels == LABELS
    assert {frame.label for frame in bundle.manifest.golden} == set(LABELS)
    assert bundle.manifest.provenance['held_out']['gtsrb_tracks']
    assert 'GTSRB' in (place / 'MODEL_CARD.md').read_text()
    model = place / bundle.manifest.variants[0].file
    model.write_bytes(model.read_bytes()[:-1] + b'x')
    with pytest.raises(BundleError):
        load_bundle(place)


@pytest.mark.parametrize(
    ('arguments', 'sentence'),
    [
        (['fit', '--data', '/nowhere'], 'no folder /nowhere/gtsrb/frames'),
        (['fit', '--config', 'absent.py'], 'no configuration file absent.py'),
        (['evaluate', '/nowhere'], '/nowhere is not a run folder'),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count('\n') == 1
