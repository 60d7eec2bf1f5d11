# SPDX-License-Identifier: Apache-2.0
"""What training draws its images from."""

from typing import NamedTuple, Protocol

import numpy as np

from training.data.sample import Pixels


class Draw(NamedTuple):
    """One training image: (height, width, 3) uint8 RGB, and its label."""

    pixels: Pixels
    label: str


class TrainingImages(Protocol):
    """Endless, reproducible training images: the same arguments give the same image."""

    def __len__(self) -> int:
        """Images of an epoch that goes through all of them once."""

    def draw(
        self, epoch: int, index: int, height: int, width: int, random: np.random.Generator
    ) -> Draw:
        """Return one image at a network's input size, through the runtime's own resize.

        Args:
            epoch: from 0.
            index: position within the epoch, from 0.
            height: rows, in pixels.
            width: columns, in pixels.
            random: the source of chance, seeded by seed, epoch and index of the batch.
        """
