# SPDX-License-Identifier: Apache-2.0
"""A small data set, drawn, and a small network: training runs for real, in seconds."""

import importlib.util
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from mobilenet_perception.street import draw_signal
from training.configuration.settings import Configuration, Data, Network, Optimizer, Stage

if importlib.util.find_spec('tensorflow') is None:  # the environment of the runtime
    collect_ignore_glob = ['*test_*.py']

# Classes of GTSRB drawn here, and the label each has.
CLASSES = {'14': 'stop', '12': 'priority_road', '01': 'speed_limit', '35': 'other_sign'}
TRACKS = 5
FRAMES = 3


def draw_data(folder: Path) -> Path:
    """Write signs and lights in the layout of the real data sets, a background per group."""
    random = np.random.default_rng(0)
    for number, label in CLASSES.items():
        for track in range(TRACKS):
            ground = random.integers(0, 256, (4, 4, 3))
            for frame in range(FRAMES):
                name = f'000{number}_{track:05d}_{frame:05d}.png'
                place = folder / 'gtsrb' / 'frames' / number / name
                _write(place, label, 30 + 10 * frame, 0, ground)
    for colour in ('red', 'yellow', 'green'):
        for group in range(TRACKS):
            ground = random.integers(0, 256, (4, 4, 3))
            for frame in range(2):
                place = folder / 'traffic-lights' / colour / f'{group}{frame}.jpg'
                _write(place, f'traffic_light_{colour}', 60 + frame, group, ground)
    return folder


def _write(path: Path, label: str, size: int, variant: int, ground: npt.NDArray[np.int64]) -> None:
    drawing = draw_signal(label, size, variant)
    background = cv2.resize(ground.astype(np.uint8), (size, size))
    alpha = drawing[..., 3:] / 255.0
    rgb = drawing[..., :3] * alpha + background * (1 - alpha)
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), rgb.astype(np.uint8)[..., ::-1])


@pytest.fixture(scope='session')
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_data(tmp_path_factory.mktemp('data'))


def tiny(epochs: int = 4, **changes: object) -> Configuration:
    """Return a configuration that learns in seconds."""
    mixture = {'gtsrb': 5.0, 'lights': 3.0, 'drawn': 1.0, 'background': 1.0}
    configuration = Configuration(
        name='tiny',
        task='street_signals',
        data=Data(reader='street_signals', validation_share=0.2, test_share=0.2),
        network=Network('separable_cnn', 0.5),
        stages=(
            Stage(1, 16, 16, mixture=mixture),
            Stage(epochs - 1, 32, 32, mixture=mixture),
        ),
        optimizer=Optimizer(learning_rate=0.01),
        steps=6,
        batch_size=16,
    )
    return configuration._replace(**changes)
