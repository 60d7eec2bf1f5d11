# SPDX-License-Identifier: Apache-2.0
"""The images of a data set, one after another, each varied."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from mobilenet_perception.frames import Frame, crop_and_resize
from training.configuration.settings import Augmentation
from training.data.sample import Pixels, Sample
from training.images.augmentation import augment
from training.images.batches import Draw


class Plain:
    """Each image once an epoch, or rare classes more often, in an order that the epoch decides.

    What comes beyond the last image of an epoch begins another order, so that batches are full.
    """

    def __init__(
        self, samples: Sequence[Sample], sampling: str, augmentation: Augmentation, seed: int
    ) -> None:
        """Prepare the order.

        Args:
            samples: the training part.
            sampling: `natural`: each image once an epoch; `balanced`: each class equally often,
                and within a class each image equally often, to one; `square_root`: a class as
                often as the square root of its size says, drawn anew each time (Mahajan et al.,
                ECCV 2018, section 3.1).
            augmentation: how far images are varied.
            seed: of the order, together with the epoch.
        """
        self._samples = samples
        self._augmentation = augmentation
        self._seed = seed
        self._by_class: list[list[int]] = []
        self._shares: npt.NDArray[np.float64] | None = None
        if sampling != 'natural':
            names = sorted({sample.label for sample in samples})
            of_class: dict[str, list[int]] = {name: [] for name in names}
            for position, sample in enumerate(samples):
                of_class[sample.label].append(position)
            self._by_class = list(of_class.values())
        if sampling == 'square_root':
            roots = np.sqrt([len(members) for members in self._by_class])
            self._shares = np.asarray(roots / roots.sum())
        # Threads draw at the same time; a cache of orders is what they share.
        self._order = lru_cache(maxsize=4 + 2 * len(self._by_class))(_permutation)

    def __len__(self) -> int:
        return len(self._samples)

    def draw(
        self, epoch: int, index: int, height: int, width: int, random: np.random.Generator
    ) -> Draw:
        """Return one image at a network's input size; see `TrainingImages`.

        A large image is varied at twice the size of the result, the size through which the
        runtime shrinks it; with all variation off, the pixels are exactly the runtime's.
        """
        pixels, label = self._sample(epoch, index, random)
        rows, columns = pixels.shape[:2]
        reduced = _resized(pixels, min(rows, 2 * height), min(columns, 2 * width))
        varied = augment(reduced, self._augmentation, random)
        return Draw(_resized(pixels if varied is reduced else varied, height, width), label)

    def _sample(self, epoch: int, index: int, random: np.random.Generator) -> Draw:
        sample = self._samples[self._position(epoch, index, random)]
        mirrored = self._augmentation.mirrored.get(sample.label)
        if mirrored is None or random.random() < 0.5:
            return Draw(sample.pixels, sample.label)
        # Contiguous, as OpenCV wants it.
        return Draw(np.ascontiguousarray(sample.pixels[:, ::-1]), mirrored)

    def _position(self, epoch: int, index: int, random: np.random.Generator) -> int:
        if not self._by_class:
            turn, place = divmod(index, len(self._samples))
            return int(self._order(len(self._samples), (self._seed, epoch, turn))[place])
        if self._shares is not None:
            members = self._by_class[int(random.choice(len(self._shares), p=self._shares))]
            return members[int(random.integers(len(members)))]
        # Each class once, in an order of its own; within a class likewise.
        turn, place = divmod(index, len(self._by_class))
        number = int(self._order(len(self._by_class), (self._seed, epoch, turn))[place])
        members = self._by_class[number]
        inner, within = divmod(turn, len(members))
        return members[int(self._order(len(members), (self._seed, epoch, inner, number))[within])]


def _permutation(count: int, key: tuple[int, ...]) -> npt.NDArray[np.int64]:
    return np.random.default_rng(key).permutation(count)


def _resized(pixels: Pixels, height: int, width: int) -> Pixels:
    return crop_and_resize(Frame(pixels, 'rgb'), height, width)
