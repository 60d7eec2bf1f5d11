# SPDX-License-Identifier: Apache-2.0
"""The moving average of the weights (Polyak averaging) beside the weights that are trained."""

from collections.abc import Iterator
from contextlib import contextmanager

import keras

from training.fit.variables import Values, kept, put_back, values_of


class KeepTrained(keras.callbacks.Callback):  # type: ignore[misc]
    """Undoes that Keras overwrites the weights by their average at the end of each `fit`."""

    def __init__(self) -> None:
        super().__init__()
        self._trained: Values = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Keep the weights that are trained."""
        self._trained = values_of(self.model.trainable_variables)

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Put them back."""
        put_back(self.model.trainable_variables, self._trained)


@contextmanager
def averaged(model: keras.Model, on: bool) -> Iterator[None]:
    """Have the averaged weights in a model for a while, if `on`."""
    if not on:
        yield
        return
    with kept(model.trainable_variables):
        model.optimizer.finalize_variable_values(model.trainable_variables)
        yield
