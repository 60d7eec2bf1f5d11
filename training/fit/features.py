# SPDX-License-Identifier: Apache-2.0
"""Frozen features: what a network without its last layer makes of images, computed once and kept.

They lie in the run folder, some hundred images to a file: a killed run goes on after the last
whole one. First come the validation images, then the training images as they are, then augmented
views of them. Images come in an order drawn by the seed, so that a part of them is a fair sample.
"""

import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
import numpy.typing as npt

from mobilenet_perception.tools.terminal import Progress
from training.configuration.settings import Augmentation, Configuration
from training.data.data_set import Indices, Sample
from training.errors import TrainingError
from training.fit import checkpoint
from training.fit.images import Arrays, Feed, Shape, StageImages
from training.images.batches import ShuffledImages

AS_IT_IS = Augmentation(rotation=0.0, zoom=0.0, translation=0.0, brightness=0.0, contrast=0.0)
"""No variation: the pixels are the runtime's."""
MOST_BYTES = 2**29
"""Of the training features, in memory: 100,000 views of 1280 features; no more are computed."""
_BATCH = 32
_FILE_BATCHES = 8
# Views draw from other chances than epochs do.
_FIRST_VIEW = 1_000_000


class Features(NamedTuple):
    """Features (n, channels) float32 of n images, and the positions of their labels (n,)."""

    values: npt.NDArray[np.float32]
    labels: Indices


class FrozenFeatures(NamedTuple):
    """What a head is fitted to and judged by.

    Attributes:
        train: of one or more views of the training images.
        validation: of validation images as they are.
        views: how many views of the training images there are, the last perhaps not of all.
    """

    train: Features
    validation: Features
    views: float


class _Source(NamedTuple):
    """One view of one part of the images."""

    name: str
    images: ShuffledImages
    view: int


def frozen_features(
    folder: Path,
    configuration: Configuration,
    network: keras.Model,
    labels: Sequence[str],
    training: StageImages,
    validation: Sequence[Sample],
    go_on: Callable[[], bool],
) -> FrozenFeatures:
    """Return the features of all images, and keep them; those that are kept are read.

    Args:
        folder: where they are kept.
        configuration: its `head.views`, input size, augmentation and seed.
        network: with the weights; its layer `logits` is left out.
        labels: the classes, in order.
        training: what to train on.
        validation: the validation part.
        go_on: asked after each file; false ends it early, with what there is.

    Raises:
        TrainingError: an image cannot be read, the disk is full, or nothing was computed in time.
    """
    seed, train = configuration.seed, training.train
    plain = ShuffledImages(train, 'natural', AS_IT_IS, seed)
    varied = ShuffledImages(train, 'natural', configuration.augmentation, seed, training.negatives)
    views = [
        _Source(f'train_{view}', varied if view else plain, view)
        for view in range(configuration.head.views)
    ]
    most = MOST_BYTES // (4 * int(network.get_layer('logits').input.shape[-1]))
    judged = _Source('validation', ShuffledImages(validation, 'natural', AS_IT_IS, seed), 0)
    extract = _Extractor(folder, configuration, network, tuple(labels))
    found: dict[str, list[Features]] = {source.name: [] for source in (judged, *views)}
    seen = 0
    with Progress('images looked at', len(validation) + len(views) * len(train)) as progress:
        for source, part in ((one, part) for one in (judged, *views) for part in extract(one)):
            found[source.name].append(part)
            seen += len(part.labels)
            progress(seen)
            if not go_on() or seen >= most + len(validation):
                break
    learnt = [part for source in views for part in found[source.name]]
    if not learnt:
        raise TrainingError(
            'the time ended before a training image was seen: give more --minutes, or a smaller '
            '--size'
        )
    joined = _joined(learnt)
    return FrozenFeatures(joined, _joined(found['validation']), len(joined.labels) / len(train))


def _joined(parts: Sequence[Features]) -> Features:
    return Features(
        np.concatenate([part.values for part in parts], dtype=np.float32),
        np.concatenate([part.labels for part in parts]),
    )


class _Extractor:
    """Computes features, or reads them."""

    def __init__(
        self,
        folder: Path,
        configuration: Configuration,
        network: keras.Model,
        labels: tuple[str, ...],
    ) -> None:
        self._folder = folder
        self._seed = configuration.seed
        self._size = (configuration.height, configuration.width)
        self._labels = labels
        self._network = keras.Model(network.input, network.get_layer('logits').input)

    def __call__(self, source: _Source) -> Iterator[Features]:
        """Yield what each file holds, in order; those that are not there yet are written."""
        batches = -(-len(source.images) // _BATCH)
        count = -(-batches // _FILE_BATCHES)
        kept = 0
        for number in range(count):
            part = self._read(source, number)
            if part is None:
                break
            kept += 1
            yield part
        first = kept * _FILE_BATCHES
        feed = self._feed(source, range(first, batches))
        values: list[npt.NDArray[np.float32]] = []
        classes: list[Indices] = []
        with feed.own_errors():
            for number, (images, of) in enumerate(feed.data, first + 1):
                values.append(self._network.predict_on_batch(images))
                classes.append(np.asarray(of))
                if number % _FILE_BATCHES == 0 or number == batches:
                    part = Features(np.concatenate(values), np.concatenate(classes))
                    values, classes = [], []
                    yield self._write(source, (number - 1) // _FILE_BATCHES, part)

    def _feed(self, source: _Source, indices: range) -> Feed:
        epoch = _FIRST_VIEW + source.view
        number_of = {label: number for number, label in enumerate(self._labels)}

        def make(index: int) -> Arrays:
            random = np.random.default_rng((self._seed, epoch, index))
            last = min((index + 1) * _BATCH, len(source.images))
            draws = [
                source.images.draw(epoch, position, *self._size, random)
                for position in range(index * _BATCH, last)
            ]
            of = np.array([number_of[draw.label] for draw in draws], np.int64)
            return np.stack([draw.pixels for draw in draws]), of

        shapes = (Shape(np.uint8, (None, *self._size, 3)), Shape(np.int64, (None,)))
        return Feed(make, indices, shapes)

    def _path(self, source: _Source, number: int) -> Path:
        return self._folder / f'{source.name}_{number:05d}.npz'

    def _write(self, source: _Source, number: int, part: Features) -> Features:
        # Half precision is as much as the features are worth; what is used is what is kept.
        most = float(np.finfo(np.float16).max)
        halved = np.clip(part.values, -most, most).astype(np.float16)
        checkpoint.write_arrays(
            self._path(source, number), {'values': halved, 'labels': part.labels}
        )
        return Features(halved.astype(np.float32), part.labels)

    def _read(self, source: _Source, number: int) -> Features | None:
        """Return what is kept; None: nothing, or what is not whole."""
        try:
            with np.load(self._path(source, number), allow_pickle=False) as arrays:
                return Features(arrays['values'].astype(np.float32), arrays['labels'])
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None
