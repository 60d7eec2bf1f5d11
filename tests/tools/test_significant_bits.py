# SPDX-License-Identifier: Apache-2.0
"""Frames of a 12-bit sensor in 16-bit samples: every tool that reads them sees them bright."""

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from mobilenet_perception.frames import decode_file
from mobilenet_perception.recordings import open_source
from mobilenet_perception.tools.cli import main
from tests.support.recordings import frame, of_bits, write_recording
from tests.support.tiny_bundle import COLOURS, LABELS, plain_image

BITS = ['--significant-bits', '12']


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    frames = [of_bits(frame(plain_image(label), 300.0 * n), 12) for n, label in enumerate(LABELS)]
    return write_recording(tmp_path / 'bag', frames)


@pytest.mark.parametrize('mode', ['--fast', '--paced', '--ros'])
def test_replay(mode: str, bag: Path, tiny: Path, tmp_path: Path) -> None:
    if mode == '--ros':
        pytest.importorskip('rclpy', reason='needs rclpy: ROS 2 or its wheels')
    report = tmp_path / 'report.json'
    command = ['replay', str(bag), '--bundle', str(tiny), mode, '--json', str(report)]
    command += ['--latency-budget-ms', '20000']
    scores = []
    for options in ([], BITS):
        assert main([*command, *options]) == 0
        frames = json.loads(report.read_text())['cameras']['front']['frames']
        assert [item['label'] for item in frames] == list(LABELS)
        scores.append(min(item['score'] for item in frames))
    assert scores[0] < 0.5 and scores[1] > 0.9


def test_label_and_extract(bag: Path, tiny: Path, tmp_path: Path) -> None:
    assert main(['bag', 'label', str(bag), '--bundle', str(tiny), *BITS]) == 0
    rows = list(csv.DictReader((bag / 'labels.csv').open(encoding='utf-8')))
    assert [(row['label'], row['clear']) for row in rows] == [(name, 'yes') for name in LABELS]
    out = tmp_path / 'out'
    asked = ['--bundle', str(tiny), '--label-by', 'bundle']
    assert main(['bag', 'extract', str(bag), '-o', str(out), *asked, *BITS]) == 0
    for label in LABELS:
        (path,) = (out / label).rglob('*.png')
        assert decode_file(path).rgb()[0, 0].tolist() == list(COLOURS[label])


def test_write_as_jpeg(bag: Path, tmp_path: Path) -> None:
    for name, options, low, high in (('dark', [], 0, 20), ('bright', BITS, 150, 255)):
        written = str(tmp_path / name)
        assert (
            main(['bag', 'write', str(bag), written, '--transport', 'compressed', *options]) == 0
        )
        first = next(open_source(written).frames)
        assert low < first.decode().rgb()[..., 0].mean() < high


@pytest.mark.parametrize('suffix', ['.png', '.tif', '.ppm'])
def test_image_files(
    suffix: str, tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f'red{suffix}'
    cv2.imwrite(str(path), (plain_image('red')[..., ::-1].astype(np.uint16) << 4) + 3)
    classify = ['classify', str(path), '--bundle', str(tiny), '--json']
    for options, sure in (([], False), (BITS, True)):
        assert main([*classify, *options]) == 0
        (best, *_) = json.loads(capsys.readouterr().out)['top']
        assert (best['label'], best['score'] > 0.9) == ('red', sure)
    (only,) = open_source(str(tmp_path), significant_bits=12).frames
    assert only.decode().rgb()[0, 0].tolist() == list(COLOURS['red'])


@pytest.mark.parametrize('bits', ['7', '17', '-8'])
def test_what_no_sample_has_is_refused(bits: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(['replay', 'x', '--significant-bits', bits])
    assert 'must be 0, for all bits, or 8 to 16; it is' in capsys.readouterr().err
