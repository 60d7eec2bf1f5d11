# SPDX-License-Identifier: Apache-2.0
"""Batches of training: each is determined by seed, epoch and index, so that a run can resume.

They draw from a `Mixture` of sources or from `ShuffledImages`: the images of a data set one after
another.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from mobilenet_perception.frames import Frame, crop_and_resize
from training.configuration.settings import Augmentation
from training.data.data_set import Pixels, Sample, Targets
from training.data.negatives import NegativeWindows
from training.errors import TrainingError
from training.images.augment import augment, mix_batch

_NO_NEGATIVES = NegativeWindows(())


class TrainingImage(NamedTuple):
    """One training image: (height, width, 3) uint8 RGB, and its label."""

    pixels: Pixels
    label: str


class TrainingImages(Protocol):
    """Endless, reproducible training images: the same arguments give the same image."""

    def __len__(self) -> int:
        """Images of an epoch that goes through all of them once."""

    def draw(
        self, epoch: int, index: int, height: int, width: int, random: np.random.Generator
    ) -> TrainingImage:
        """Return one image at a network's input size, through the runtime's own resize.

        Args:
            epoch: from 0.
            index: position within the epoch, from 0.
            height: rows, in pixels.
            width: columns, in pixels.
            random: the source of chance, seeded by seed, epoch and index of the batch.
        """


class Batch(NamedTuple):
    """What a step learns from.

    Attributes:
        images: (batch, height, width, 3) uint8 RGB.
        targets: (batch, classes) float32 probabilities.
        weights: (batch,) float32, of each image in the loss.
    """

    images: Pixels
    targets: Targets
    weights: npt.NDArray[np.float32]


class Batches(NamedTuple):
    """How batches are made.

    Attributes:
        images: where they come from.
        labels: the classes, in order.
        height: rows of the result, in pixels.
        width: columns of the result, in pixels.
        batch_size: images of a batch.
        seed: of the run.
        mixing: its `mixup` and `cutmix`.
        label_smoothing: 0 to 1 (Szegedy et al., CVPR 2016, section 7).
        class_weights: (classes,) float32; None: all alike.
        teach: changes targets (batch, classes) by what a teacher says of the images; None: none.
        least_height: images are drawn at least so high for the teacher, and reduced after that.
        least_width: likewise.
    """

    images: TrainingImages
    labels: tuple[str, ...]
    height: int
    width: int
    batch_size: int
    seed: int
    mixing: Augmentation
    label_smoothing: float = 0.0
    class_weights: npt.NDArray[np.float32] | None = None
    teach: Callable[[Pixels, Targets], Targets] | None = None
    least_height: int = 0
    least_width: int = 0

    def batch(self, epoch: int, index: int) -> Batch:
        """Return one batch, the same whenever and by whichever thread it is made.

        Raises:
            TrainingError: an image cannot be read, or has a label that is no class.
        """
        random = np.random.default_rng((self.seed, epoch, index))
        size = (max(self.height, self.least_height), max(self.width, self.least_width))
        first = index * self.batch_size
        draws = [
            self.images.draw(epoch, position, *size, random)
            for position in range(first, first + self.batch_size)
        ]
        truth = one_hot([draw.label for draw in draws], self.labels)
        mixed = mix_batch(np.stack([d.pixels for d in draws]), truth, self.mixing, random)
        images, truth = mixed.images, mixed.targets
        targets = (1 - self.label_smoothing) * truth + self.label_smoothing / len(self.labels)
        if self.teach is not None:
            targets = self.teach(images, targets)
        if size != (self.height, self.width):
            images = np.stack(
                [crop_and_resize(Frame(i, 'rgb'), self.height, self.width) for i in images]
            )
        weights: npt.NDArray[np.float32] = np.ones(len(images), np.float32)
        if self.class_weights is not None:
            weights = np.asarray(truth @ self.class_weights, np.float32)
        return Batch(images, targets.astype(np.float32), weights)


def one_hot(names: list[str], labels: tuple[str, ...]) -> Targets:
    """Return (n, classes) float32: 1 at the class of each name.

    Raises:
        TrainingError: a name is no class.
    """
    index_of = {label: index for index, label in enumerate(labels)}
    targets = np.zeros((len(names), len(labels)), np.float32)
    for row, name in enumerate(names):
        if name not in index_of:
            raise TrainingError(
                f'an image is labelled {name!r}, which the data set does not list: '
                f'its labels are {", ".join(labels)}'
            )
        targets[row, index_of[name]] = 1.0
    return targets


class ShuffledImages:
    """Each image once an epoch, or rare classes more often, in an order that the epoch decides.

    What comes beyond the last image of an epoch begins another order, so that batches are full.
    """

    def __init__(
        self,
        samples: Sequence[Sample],
        sampling: str,
        augmentation: Augmentation,
        seed: int,
        negatives: NegativeWindows = _NO_NEGATIVES,
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
            negatives: draws windows of what shows nothing, in place of those that are samples.
        """
        self._negatives = negatives
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
    ) -> TrainingImage:
        """Return one image at a network's input size; see `TrainingImages`.

        A large image is varied at twice the size of the result, the size through which the
        runtime shrinks it; with all variation off, the pixels are exactly the runtime's.
        """
        pixels, label = self._sample(epoch, index, random)
        rows, columns = pixels.shape[:2]
        reduced = _resized(pixels, min(rows, 2 * height), min(columns, 2 * width))
        varied = augment(reduced, self._augmentation, random)
        return TrainingImage(
            _resized(pixels if varied is reduced else varied, height, width), label
        )

    def _sample(self, epoch: int, index: int, random: np.random.Generator) -> TrainingImage:
        sample = self._samples[self._position(epoch, index, random)]
        mirrored = self._augmentation.mirrored.get(sample.label)
        if mirrored is None or random.random() < 0.5:
            return TrainingImage(self._negatives.draw(sample, random), sample.label)
        # Contiguous, as OpenCV wants it.
        return TrainingImage(np.ascontiguousarray(sample.pixels[:, ::-1]), mirrored)

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
