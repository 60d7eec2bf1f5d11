# SPDX-License-Identifier: Apache-2.0
"""Frames that the tiny bundle knows: red, green and blue, as images and as a bag."""

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from mobilenet_perception.recordings import BagOptions, open_source, write_bag
from tests.support import ROOT
from tests.support.tiny_bundle import COLOURS, LABELS, write_tiny_bundle

PER_LABEL = 5
FRAMES = PER_LABEL * len(LABELS)


@pytest.fixture(scope='session')
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny bundle."""
    return write_tiny_bundle(tmp_path_factory.mktemp('bundles') / 'tiny').folder


@pytest.fixture(scope='session')
def colours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of images, in a subfolder for each label."""
    folder = tmp_path_factory.mktemp('colours')
    rng = np.random.default_rng(7)
    for label in LABELS:
        (folder / label).mkdir()
        for index in range(PER_LABEL):
            noise = rng.integers(-15, 16, (48, 64, 3))
            image = np.clip(np.array(COLOURS[label]) + noise, 0, 255).astype(np.uint8)
            cv2.imwrite(str(folder / label / f'{index}.png'), image[..., ::-1])
    return folder


@pytest.fixture(scope='session')
def labelled_bag(colours: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The images as a bag with labels, at 20 Hz."""
    path = tmp_path_factory.mktemp('bags') / 'colours'
    write_bag(open_source(str(colours), rate_hz=20.0), path, BagOptions())
    return path


def command(*arguments: object) -> 'subprocess.CompletedProcess[str]':
    """Run `python -m mobilenet_perception` in a process of its own."""
    return subprocess.run(
        [sys.executable, '-m', 'mobilenet_perception', *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
        check=False,
    )


def assert_one_sentence(words: str) -> None:
    """Check that a command failed with one line that a person can act on."""
    lines = [line for line in words.splitlines() if line]
    assert len(lines) == 1 and lines[0].startswith('error: '), words
    assert 'Traceback' not in words
