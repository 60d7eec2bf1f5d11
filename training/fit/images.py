# SPDX-License-Identifier: Apache-2.0
"""The images of each stage: batches to train on, and those by which a training is judged.

Made in parallel by tf.data, in order, ahead of the step that takes them; a bundle may teach them.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames import Frame, crop_and_resize
from mobilenet_perception.inference.bundle import load_bundle
from mobilenet_perception.inference.runtimes import Session, create_runtime
from training.configuration.settings import Augmentation, Configuration, Loss, Stage
from training.data.data_set import Array, DataSet, Pixels, Sample, Targets, published_labels
from training.data.negatives import negative_windows, thinned
from training.errors import TrainingError
from training.fit.network import network_inputs
from training.fit.optimizer import class_weights
from training.images.batches import Batches, ShuffledImages, TrainingImages, one_hot
from training.images.mixture import Mixture, read_drives

# Worlds from here on are for training; those below are left for tests.
FIRST_WORLD = 10_000
# More would only take memory: a batch waits, but none is missing.
_AHEAD = 2
_MOST_WORKERS = 16
_KEPT_BYTES = 2**29
_NO_MIXING = Augmentation()._replace(mixup=0.0, cutmix=0.0)
Arrays = Sequence[Array]


class Shape(NamedTuple):
    """What an array of a batch looks like: NumPy's type, and sides (None: any)."""

    dtype: type
    sides: tuple[int | None, ...]


class Feed:
    """A tf.data data set of batches that Python functions make.

    Decoding and resizing happen in OpenCV and NumPy, which let other threads run.
    """

    def __init__(
        self,
        make: Callable[[int], Arrays],
        indices: range,
        shapes: Sequence[Shape],
        workers: int | None = None,
    ) -> None:
        """Prepare.

        Args:
            make: returns the arrays of one batch, by its index.
            indices: the batches, in order.
            shapes: of the arrays.
            workers: how many are made at a time; the result does not depend on it. None: as many
                as there are processors.
        """
        self._failure: PerceptionError | None = None
        self._make = make
        count = workers or min(_MOST_WORKERS, len(os.sched_getaffinity(0)))

        def one(index: Any) -> Any:
            types = [shape.dtype for shape in shapes]
            arrays = tf.numpy_function(self._made, [index], types)
            for array, shape in zip(arrays, shapes, strict=True):
                array.set_shape(shape.sides)
            return tuple(arrays)

        self.data: Any = (
            tf.data.Dataset.range(indices.start, indices.stop)
            .map(one, num_parallel_calls=count, deterministic=True)
            .prefetch(_AHEAD)
        )

    def _made(self, index: np.int64) -> Arrays:
        try:
            return self._make(int(index))
        except PerceptionError as error:
            self._failure = error
            raise

    @contextmanager
    def own_errors(self) -> Iterator[None]:
        """Raise what a function raised, not TensorFlow's account of it."""
        try:
            yield
        except tf.errors.OpError:
            if self._failure is not None:
                raise self._failure from None
            raise


class Teacher:
    """The most accurate variant of a bundle (Hinton et al., 2015).

    It must publish the very labels that the student's outputs stand for: how a probability of a
    merged label would divide among finer outputs, the bundle does not tell.
    """

    def __init__(self, loss: Loss, labels: Sequence[str], merge: Mapping[str, str]) -> None:
        """Load the bundle.

        Args:
            loss: where the bundle lies, its weight and temperature.
            labels: of the student's outputs.
            merge: label that is published, by label of the student.

        Raises:
            BundleError: it cannot be loaded.
            TrainingError: its labels are not those of the student.
        """
        bundle = load_bundle(Path(loss.teacher))
        variant = bundle.manifest.variants[0]
        theirs = bundle.manifest.labels
        ours = [merge.get(label, label) for label in labels]
        if len(published_labels(labels, merge)) < len(labels):
            raise TrainingError(
                f'{len(labels)} classes cannot be learnt from the teacher {loss.teacher}, which '
                f'knows {len(theirs)}: give data whose labels are not merged, or no teacher'
            )
        if set(ours) != set(theirs):
            odd = sorted(set(ours) ^ set(theirs))
            raise TrainingError(
                f'the teacher {loss.teacher} has other labels than the data '
                f'({", ".join(odd[:3])}, ...): give a bundle trained on the same labels'
            )
        self.height = variant.height
        self.width = variant.width
        self._columns = [theirs.index(label) for label in ours]
        self._weight = loss.teacher_weight
        self._temperature = loss.teacher_temperature
        self._model = bundle.models[variant.name], variant.name
        self._runtime = create_runtime()
        # A session serves one thread at a time.
        self._idle: SimpleQueue[Session] = SimpleQueue()
        self._idle.put(self._runtime.load(*self._model))

    def teach(self, images: Pixels, targets: Targets) -> Targets:
        """Return targets in which the teacher's softened probabilities have their share.

        Args:
            images: (batch, any height, any width, 3) uint8 RGB, as the student sees them.
            targets: (batch, classes) float32 probabilities.
        """
        try:
            session = self._idle.get_nowait()
        except Empty:
            session = self._runtime.load(*self._model)
        size = (self.height, self.width)
        scores = np.stack(
            [session.run(crop_and_resize(Frame(image, 'rgb'), *size)) for image in images]
        )
        self._idle.put(session)
        taught: Targets = softened(scores[:, self._columns], self._temperature)
        return (1 - self._weight) * targets + self._weight * taught


class StageImages:
    """Makes batches as the configuration says.

    Attributes:
        train: what is gone through in an epoch: the training part, of which no more shows nothing
            than it should, unless a mixture says how much does.
        negatives: draws windows in place of those in `train`.
    """

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
        self.train = list(train)
        self.negatives = negative_windows((), ())
        # A mixture says by itself how often it draws what shows nothing.
        if data_set.scenes and not any(stage.mixture for stage in configuration.stages):
            self.train = thinned(train, configuration.seed)
            self.negatives = negative_windows(data_set.scenes, train)
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
                class_weights(self.train, self._data_set.labels)
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
        order = np.random.default_rng(configuration.seed).permutation(len(self.train))
        size = min(configuration.batch_size, len(order))
        for first in range(0, min(count * size, len(order) - size + 1), size):
            some = [self.train[index] for index in order[first : first + size]]
            yield network_inputs(some, stage.height, stage.width)

    def _images(self, stage: Stage) -> TrainingImages:
        configuration = self._configuration
        if not stage.mixture:
            return ShuffledImages(
                self.train,
                configuration.sampling,
                configuration.augmentation,
                configuration.seed,
                self.negatives,
            )
        train = list(self.train)
        if 'drive' in stage.mixture:
            worlds = range(FIRST_WORLD, FIRST_WORLD + configuration.drive_worlds)
            train += read_drives(self._drives, worlds, configuration.drive_every)
        groups = {sample.group for sample in train}
        scenes = [scene for scene in self._data_set.scenes if scene.group in groups]
        return Mixture(train, stage.mixture, self._data_set.merge, scenes)


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


def validation_feed(
    samples: Sequence[Sample], labels: tuple[str, ...], height: int, width: int, batch_size: int
) -> Feed:
    """Return batches of (images uint8, one-hot float32); kept in memory if they are small.

    Raises:
        TrainingError: a label is no class.
    """
    targets = one_hot([sample.label for sample in samples], labels)

    def make(index: int) -> Arrays:
        some = slice(index * batch_size, (index + 1) * batch_size)
        return network_inputs(samples[some], height, width), targets[some]

    feed = Feed(
        make,
        range(-(-len(samples) // batch_size)),
        (
            Shape(np.uint8, (None, height, width, 3)),
            Shape(np.float32, (None, len(labels))),
        ),
    )
    if len(samples) * height * width * 3 <= _KEPT_BYTES:
        feed.data = feed.data.cache()
    return feed


def softened(probabilities: Targets, temperature: float) -> Targets:
    """Return probabilities as the softmax of their logits over the temperature."""
    # Logits are known but for a constant, which softmax ignores.
    powers = np.maximum(probabilities, 1e-12).astype(np.float64) ** (1 / temperature)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


def _check_mirrored(mirrored: Mapping[str, str], labels: Sequence[str]) -> None:
    unknown = sorted({*mirrored, *mirrored.values()} - set(labels))
    if unknown:
        raise TrainingError(
            f'augmentation.mirrored names {unknown[0]!r}, which is no label of these data: '
            f'choose from {", ".join(labels)}'
        )
