# SPDX-License-Identifier: Apache-2.0
"""Batches for Keras: each is determined by seed, epoch and index, so that a run can resume."""

import keras
import numpy as np
import numpy.typing as npt

from training.data.draw import TrainingImages
from training.data.sample import Pixels

Labels = npt.NDArray[np.float32]


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Training batches of (images (batch, height, width, 3) uint8, one-hot labels float32)."""

    def __init__(
        self,
        images: TrainingImages,
        labels: tuple[str, ...],
        size: tuple[int, int],
        batch_size: int,
        steps: int,
        seed: int,
        epoch: int,
    ) -> None:
        """Start at `epoch`; Keras moves on to the next at the end of each."""
        super().__init__(workers=1)
        self._images = images
        self._index_of = {label: index for index, label in enumerate(labels)}
        self._size = size
        self._batch_size = batch_size
        self._steps = steps
        self._seed = seed
        self._epoch = epoch

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, index: int) -> tuple[Pixels, Labels]:
        random = np.random.default_rng((self._seed, self._epoch, index))
        first = index * self._batch_size
        draws = [
            self._images.draw(self._epoch, first + offset, *self._size, random)
            for offset in range(self._batch_size)
        ]
        targets = np.zeros((len(draws), len(self._index_of)), np.float32)
        for row, draw in enumerate(draws):
            targets[row, self._index_of[draw.label]] = 1.0
        return np.stack([draw.pixels for draw in draws]), targets

    def on_epoch_end(self) -> None:
        """Move on to the next epoch's batches."""
        self._epoch += 1
