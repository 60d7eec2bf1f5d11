# SPDX-License-Identifier: Apache-2.0
"""The examples in a folder of their own, beside a recording that they are about."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.frames.messages import image_message
from mobilenet_perception.inference.bundle import load_bundle
from mobilenet_perception.recordings import (
    EPOCH_NS,
    BagOptions,
    Source,
    SourceCamera,
    SourceFrame,
    write_bag,
)

PLUGIN = 'mobilenet_perception.tools.replay.testing.plugin'
RATE_HZ = 10
# What is in view from which frame on: as in the first seconds of the drawn drive.
SCENES = {0: 'background', 12: 'pedestrians', 24: 'speed_limit', 30: ''}
HEIGHT, WIDTH = 480, 640
Pytest = Callable[..., 'subprocess.CompletedProcess[str]']


def region(root: Path) -> RegionOfInterest:
    """Return where the launch test lets the node look."""
    text = (root / 'examples' / 'street.yaml').read_text(encoding='utf-8')
    roi: list[int] = yaml.safe_load(text)['/**']['ros__parameters']['camera']['roi']
    return RegionOfInterest(*roi)


def street(bundle: Path, roi: RegionOfInterest) -> Iterator[SourceFrame]:
    """Give the frames of the recording: golden frames of the bundle, which it surely knows."""
    loaded = load_bundle(bundle)
    starts = list(SCENES)
    for start, end in pairwise(starts):
        golden = next(item for item in loaded.manifest.golden if item.label == SCENES[start])
        for number in range(start, end):
            stamp_ns = EPOCH_NS + number * 10**9 // RATE_HZ
            picture = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
            picture[roi.y : roi.y + roi.height, roi.x : roi.x + roi.width] = cv2.resize(
                loaded.golden_images[golden.file], (roi.width, roi.height),
                interpolation=cv2.INTER_AREA,
            )  # fmt: skip
            message = image_message(picture, stamp_ns, 'camera')
            yield SourceFrame('camera', stamp_ns, stamp_ns, message, golden.label, True, roi)


@pytest.fixture(scope='session')
def examples(root: Path, default_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder, with a recording of the street."""
    folder = tmp_path_factory.mktemp('work') / 'examples'
    shutil.copytree(root / 'examples', folder, ignore=shutil.ignore_patterns('__pycache__'))
    camera = SourceCamera('camera', '/camera/image_raw', compressed=False)
    source = Source('street', (camera,), street(default_bundle, region(root)))
    write_bag(source, folder / 'street', BagOptions())
    return folder


@pytest.fixture(scope='session')
def run_pytest(root: Path) -> Pytest:
    """Run pytest with the plugin in a process of its own, as a user of the package does."""

    def run(folder: Path, *arguments: object) -> 'subprocess.CompletedProcess[str]':
        path = os.pathsep.join(filter(None, [str(root), os.environ.get('PYTHONPATH')]))
        command = ['-p', PLUGIN, '-p', 'no:cacheprovider', '--no-header', *map(str, arguments)]
        return subprocess.run(
            [sys.executable, '-m', 'pytest', *command],
            cwd=folder,
            env={**os.environ, 'PYTHONPATH': path},
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )

    return run
