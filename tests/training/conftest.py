# SPDX-License-Identifier: Apache-2.0
"""A small data set, drawn, and a small network: training runs for real, in seconds.

What takes seconds to make and is only read, all processes of a test run share.
"""

import os
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from mobilenet_perception.street import draw_signal
from mobilenet_perception.system.files import whole_folder
from mobilenet_perception.system.lock import locked
from training.commands.cli import main
from training.configuration.settings import Configuration, Data, Network, Optimizer, Stage

# Classes of GTSRB drawn here, and the label each has.
CLASSES = {'14': 'stop', '12': 'priority_road', '01': 'speed_limit', '35': 'other_sign'}
TRACKS = 5
FRAMES = 3
TWO_RUNS = """
from tests.training.conftest import tiny


def configurations():
    one = tiny(4, name='one', steps=15)
    return one, one._replace(name='two', network=one.network._replace(alpha=1.0))
"""


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


def shared(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder that the first process that asks for it makes, and the others wait for."""
    base = factory.getbasetemp()
    # Each process has its own within that of the test run.
    base = base.parent if 'PYTEST_XDIST_WORKER' in os.environ else base
    with locked(base / f'{name}.lock'):
        if not (base / name).is_dir():
            with whole_folder(base / name) as folder:
                make(folder)
    return base / name


@pytest.fixture(scope='session')
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shared(tmp_path_factory, 'data', draw_data)


@pytest.fixture(scope='session')
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs, `one` and the wider `two`, trained but not evaluated: to be copied."""

    def train(folder: Path) -> None:
        folder.mkdir()
        config = folder / 'tiny.py'
        config.write_text(TWO_RUNS)
        assert main(['fit', str(data), '--config', str(config), '--runs', str(folder)]) == 0

    return shared(tmp_path_factory, 'trained', train)


@pytest.fixture(scope='session')
def exported(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], bytes]:
    """Return what gives the graph of `network(architecture)` at a temperature of 0.7."""

    def graph(architecture: str) -> bytes:
        def export(folder: Path) -> None:
            from tests.support.networks import network
            from training.export.convert import export_onnx

            folder.mkdir()
            (folder / 'model.onnx').write_bytes(export_onnx(network(architecture), 0.7))

        return (shared(tmp_path_factory, architecture, export) / 'model.onnx').read_bytes()

    return graph


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
