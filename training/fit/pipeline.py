# SPDX-License-Identifier: Apache-2.0
"""Batches made in parallel by tf.data, in order, ahead of the step that takes them."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from mobilenet_perception.errors import PerceptionError

# More would only take memory: a batch waits, but none is missing.
_AHEAD = 2
_MOST_WORKERS = 16

Arrays = Sequence[npt.NDArray[Any]]


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
