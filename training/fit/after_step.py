# SPDX-License-Identifier: Apache-2.0
"""What happens between two steps: checkpoints in long epochs, and the end after Ctrl-C.

Ctrl-C ends a training between steps, not in the midst of one.
"""

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

import keras

from training.errors import TrainingError
from training.fit.checkpoint import Means

SAVE_SECONDS = 120.0
"""Between two checkpoints within an epoch."""


class Interrupt:
    """Whether the user asked to stop."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Take note; the next Ctrl-C stops at once."""
        self.asked = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
        print('\nstopping after this step; once more to stop at once', flush=True)


@contextmanager
def noted_interrupts() -> Iterator[Interrupt]:
    """Note SIGINT instead of raising KeyboardInterrupt; only the main thread can be asked."""
    interrupt = Interrupt()
    if threading.current_thread() is not threading.main_thread():
        yield interrupt
        return
    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, before)


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
