# SPDX-License-Identifier: Apache-2.0
"""The moving average of the weights (Polyak averaging) beside the weights that are trained."""

from collections.abc import Iterator
from contextlib import contextmanager

import keras
import numpy as np
import numpy.typing as npt


class KeepTrained(keras.callbacks.Callback):  # type: ignore[misc]
    """Undoes that Keras overwrites the weights by their average at the end of each `fit`."""

    def __init__(self) -> None:
        super().__init__()
        self._trained: list[npt.NDArray[np.float32]] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Keep the weights that are trained."""
        self._trained = _values(self.model)

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Put them back."""
        _assign(self.model, self._trained)


@contextmanager
def averaged(model: keras.Model, on: bool) -> Iterator[None]:
    """Have the averaged weights in a model for a while, if `on`."""
    if not on:
        yield
        return
    trained = _values(model)
    model.optimizer.finalize_variable_values(model.trainable_variables)
    try:
        yield
    finally:
        _assign(model, trained)


def _values(model: keras.Model) -> list[npt.NDArray[np.float32]]:
    return [keras.ops.convert_to_numpy(variable) for variable in model.trainable_variables]


def _assign(model: keras.Model, values: list[npt.NDArray[np.float32]]) -> None:
    for variable, value in zip(model.trainable_variables, values, strict=True):
        variable.assign(value)
