# SPDX-License-Identifier: Apache-2.0
"""What a network is wrongly sure of is found, and becomes pictures to train on."""

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from mobilenet_perception.frames import decode_file
from mobilenet_perception.street import draw_signal
from training.commands.cli import main
from training.evaluation.mining import Mining, mine
from training.evaluation.predict import open_network


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Two pictures: a stop sign, which stands for what is taken for one, and plain ground."""
    folder = tmp_path / 'pictures'
    folder.mkdir()
    drawn = draw_signal('stop', 160)
    alpha = drawn[..., 3:] / 255
    sign = (drawn[..., :3] * alpha + 110 * (1 - alpha)).astype(np.uint8)
    cv2.imwrite(str(folder / 'sign.png'), sign[..., ::-1])
    cv2.imwrite(str(folder / 'ground.png'), np.full((160, 160, 3), 110, np.uint8))
    return folder


def test_windows_taken_for_something_are_written_the_surest_first(
    default_bundle: Path, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / 'mined'
    assert (
        main(['mine', str(default_bundle), str(pictures), '-o', str(out), '--windows', '60']) == 0
    )
    with (out / 'mined.csv').open(newline='') as file:
        rows = list(csv.DictReader(file))
    assert 1 <= len(rows) <= 3
    assert {Path(row['picture']).name for row in rows} == {'sign.png'}
    assert rows[0]['taken_for'] == 'stop'
    scores = [float(row['score']) for row in rows]
    assert scores == sorted(scores, reverse=True) and scores[-1] >= 0.5
    for row in rows:
        pixels = decode_file(out / row['file']).rgb()
        assert pixels.shape[:2] == (int(row['height']), int(row['width']))
    assert 'taken for stop' in capsys.readouterr().out


def test_the_same_windows_are_found_again(default_bundle: Path, pictures: Path) -> None:
    network = open_network(default_bundle)
    files = sorted(pictures.iterdir())
    first, again = (list(mine(network, files, Mining(windows=30))) for _ in range(2))
    assert first == again


def test_wrong_input_is_one_sentence(
    default_bundle: Path, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = ['-o', str(tmp_path / 'mined')]
    assert main(['mine', str(default_bundle), str(pictures), *out, '--nothing', 'void']) == 1
    assert 'the network has no label void' in capsys.readouterr().err
    assert main(['mine', str(default_bundle), str(tmp_path / 'none'), *out]) == 1
    assert 'no file' in capsys.readouterr().err
    assert not (tmp_path / 'mined').exists()
