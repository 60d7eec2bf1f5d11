# SPDX-License-Identifier: Apache-2.0
"""What happens between two steps: checkpoints in long epochs, and the end after Ctrl-C."""

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

import keras

from training.errors import TrainingError
from training.fit.interrupts import Interrupt
from training.fit.means import Means

SAVE_SECONDS = 120.0
"""Between two checkpoints within an epoch."""


class AfterStep(keras.callbacks.Callback):  # type: ignore[misc]
    """Saves every two minutes, and before it stops where the user asked to."""

    def __init__(self, interrupt: Interrupt, save: Callable[[Means], None]) -> None:
        """`save` is given the means of the steps so far."""
        super().__init__()
        self._interrupt = interrupt
        self._save = save
        self._saved = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Save, or stop, if it is time.

        Raises:
            KeyboardInterrupt: the user asked to stop.
            TrainingError: the loss is not a number any more.
        """
        if self._interrupt.asked or time.monotonic() - self._saved > SAVE_SECONDS:
            self._save(checked_means(batch + 1, logs or {}))
            self._saved = time.monotonic()
        if self._interrupt.asked:
            raise KeyboardInterrupt


def checked_means(steps: int, logs: Mapping[str, Any]) -> Means:
    """Return the means over some steps.

    Raises:
        TrainingError: the loss is not a number.
    """
    means = Means(steps, {key: float(value) for key, value in logs.items()})
    if not math.isfinite(means.values.get('loss', 0.0)):
        raise TrainingError(
            'the loss is not a number any more: training diverged; begin anew with a lower '
            'optimizer.learning_rate, a longer optimizer.warmup_epochs, or optimizer.clip_norm=1'
        )
    return means
