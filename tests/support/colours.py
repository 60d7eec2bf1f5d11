# SPDX-License-Identifier: Apache-2.0
"""Images that the tiny bundle knows, red, green and blue; and commands that tests run on them."""

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np

from tests.support import ROOT
from tests.support.tiny_bundle import COLOURS, LABELS

PER_LABEL = 5
FRAMES = PER_LABEL * len(LABELS)


def draw_colours(folder: Path) -> Path:
    """Draw images, in a subfolder for each label; returns the folder."""
    rng = np.random.default_rng(7)
    for label in LABELS:
        (folder / label).mkdir()
        for index in range(PER_LABEL):
            noise = rng.integers(-15, 16, (48, 64, 3))
            image = np.clip(np.array(COLOURS[label]) + noise, 0, 255).astype(np.uint8)
            cv2.imwrite(str(folder / label / f'{index}.png'), image[..., ::-1])
    return folder


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
