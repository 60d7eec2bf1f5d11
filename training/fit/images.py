# SPDX-License-Identifier: Apache-2.0
"""The training batches of each stage."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from training.configuration import Augmentation, Configuration, Stage
from training.data.batches import Batches
from training.data.data_set import DataSet
from training.data.draw import TrainingImages
from training.data.drive import read_drives
from training.data.mixture import Mixture
from training.data.plain import Plain
from training.data.sample import Pixels, Sample
from training.errors import TrainingError
from training.fit.inputs import network_inputs
from training.fit.losses import class_weights
from training.fit.pipeline import Arrays, Feed, Shape
from training.fit.teacher import Teacher

# Worlds from here on are for training; those below are left for tests.
FIRST_WORLD = 10_000
_NO_MIXING = Augmentation()._replace(mixup=0.0, cutmix=0.0)


class StageImages:
    """Makes batches as the configuration says."""

    def __init__(
        self,
        configuration: Configuration,
        data_set: DataSet,
        train: Sequence[Sample],
        drives: Path,
    ) -> None:
        """Prepare.

        Args:
            configuration: of the run.
            data_set: labels and how they are merged.
            train: the training part.
            drives: folder for drawn drives.

        Raises:
            TrainingError: the teacher or the data do not fit, or a mirrored label is unknown.
        """
        _check_mirrored(configuration.augmentation.mirrored, data_set.labels)
        self._configuration = configuration
        self._data_set = data_set
        self._train = train
        self._drives = drives
        loss = configuration.loss
        self._teacher = Teacher(loss, data_set.labels, data_set.merge) if loss.teacher else None

    def batches(self, stage: Stage) -> Batches:
        """Return the batches of a stage.

        Raises:
            TrainingError: its mixture names what is not there.
        """
        configuration = self._configuration
        teacher = self._teacher
        return Batches(
            images=self._images(stage),
            labels=self._data_set.labels,
            height=stage.height,
            width=stage.width,
            batch_size=configuration.batch_size,
            seed=configuration.seed,
            mixing=_NO_MIXING if stage.mixture else configuration.augmentation,
            label_smoothing=configuration.loss.label_smoothing,
            class_weights=(
                class_weights(self._train, self._data_set.labels)
                if configuration.loss.class_weights
                else None
            ),
            teach=teacher.teach if teacher else None,
            least_height=teacher.height if teacher else 0,
            least_width=teacher.width if teacher else 0,
        )

    def plain(self, stage: Stage, count: int) -> Iterator[Pixels]:
        """Yield some batches of training images as they are, the same whenever it is called."""
        configuration = self._configuration
        order = np.random.default_rng(configuration.seed).permutation(len(self._train))
        size = min(configuration.batch_size, len(order))
        for first in range(0, min(count * size, len(order) - size + 1), size):
            some = [self._train[index] for index in order[first : first + size]]
            yield network_inputs(some, stage.height, stage.width)

    def _images(self, stage: Stage) -> TrainingImages:
        configuration = self._configuration
        if not stage.mixture:
            return Plain(
                self._train,
                configuration.sampling,
                configuration.augmentation,
                configuration.seed,
            )
        train = list(self._train)
        if 'drive' in stage.mixture:
            worlds = range(FIRST_WORLD, FIRST_WORLD + configuration.drive_worlds)
            train += read_drives(self._drives, worlds, configuration.drive_every)
        return Mixture(train, stage.mixture, self._data_set.merge)


def _check_mirrored(mirrored: Mapping[str, str], labels: Sequence[str]) -> None:
    unknown = sorted({*mirrored, *mirrored.values()} - set(labels))
    if unknown:
        raise TrainingError(
            f'augmentation.mirrored names {unknown[0]!r}, which is no label of these data: '
            f'choose from {", ".join(labels)}'
        )


def training_feed(batches: Batches, epoch: int, steps: range, workers: int | None = None) -> Feed:
    """Return some batches of an epoch: images, targets and weights as in `Batch`."""
    count = batches.batch_size

    def make(index: int) -> Arrays:
        return batches.batch(epoch, index)

    return Feed(
        make,
        steps,
        (
            Shape(np.uint8, (count, batches.height, batches.width, 3)),
            Shape(np.float32, (count, len(batches.labels))),
            Shape(np.float32, (count,)),
        ),
        workers,
    )
