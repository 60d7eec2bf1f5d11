# SPDX-License-Identifier: Apache-2.0
"""Squares in three colours on noise, and trainings of them that take seconds."""

import sys
from pathlib import Path

import numpy as np

from training.configuration.file import with_settings
from training.configuration.settings import (
    Augmentation,
    Configuration,
    Data,
    Network,
    Optimizer,
    Stage,
)
from training.data.data_set import DataSet, Sample, make_split
from training.fit.run_folder import Run, RunData

COLOURS = ('red', 'green', 'blue')
OFF = Augmentation(
    rotation=0.0, zoom=0.0, translation=0.0, brightness=0.0, contrast=0.0, randaugment=0
)


def squares(count: int = 96, side: int = 24) -> DataSet:
    random = np.random.default_rng(0)
    samples = []
    for index in range(count):
        colour = index % 3
        pixels = random.integers(0, 150, (side, side, 3)).astype(np.uint8)
        pixels[side // 4 : -side // 4, side // 4 : -side // 4, colour] += 80
        group = f'group {index}'
        samples.append(Sample(pixels, COLOURS[colour], group, 'squares', str(index)))
    return DataSet(samples, COLOURS)


def tiny(*settings: str, stages: tuple[Stage, ...] = ()) -> Configuration:
    """Return a training with stages of two sizes, averaged weights, and dropout."""
    configuration = Configuration(
        name='tiny',
        stages=stages or (Stage(1, 16, 16), Stage(2, 24, 24, learning_rate=0.01)),
        data=Data(validation_share=0.2, test_share=0.1),
        network=Network('separable_cnn', 0.5, dropout=0.3),
        optimizer=Optimizer(learning_rate=0.02, ema=0.8, batch_norm_batches=2),
        batch_size=16,
        patience=2,
    )
    return with_settings(configuration, settings)


def train(folder: Path, configuration: Configuration, data_set: DataSet | None = None) -> Run:
    """Train, or go on."""
    from training.fit.fitting import fit

    data_set = data_set or squares()
    run = Run(folder)
    split = make_split(data_set, configuration.data)
    run.start(configuration, RunData('squares', '', data_set.labels, {}, ()), split)
    fit(run, configuration, data_set, split)
    return run


if __name__ == '__main__':
    train(Path(sys.argv[1]), tiny(*sys.argv[2:]))
