# SPDX-License-Identifier: Apache-2.0
"""Checkpoints: the state of a training in one file, from which it goes on exactly.

Between two steps it is saved, every two minutes and after Ctrl-C, which ends a training there and
not in the midst of a step.
"""

import errno
import json
import math
import os
import signal
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import keras
import numpy as np

from training.configuration.records import Record, from_json, to_json
from training.errors import TrainingError

SAVE_SECONDS = 120.0
"""Between two checkpoints within an epoch."""
_STATE = 'state.npz'
_POSITION = 'position'


class Means(Record):
    """Mean loss and metrics over some steps of equal size."""

    steps: int = 0
    values: Mapping[str, float] = {}

    def joined(self, other: 'Means') -> 'Means':
        """Return the means over the steps of both."""
        if not self.steps or not other.steps:
            return other if other.steps else self
        steps = self.steps + other.steps
        return Means(
            steps,
            {
                key: (self.values[key] * self.steps + value * other.steps) / steps
                for key, value in other.values.items()
            },
        )


class Position(Record):
    """Where a training is.

    Attributes:
        epoch: epochs done, of all stages.
        step: steps done of the epoch after those.
        means: of those steps.
        curves: a line for each epoch done.
        seconds: that training took so far.
    """

    epoch: int = 0
    step: int = 0
    means: Means = Means()
    curves: tuple[dict[str, int | float], ...] = ()
    seconds: float = 0.0


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
def deferred_interrupts() -> Iterator[Interrupt]:
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
    """Saves every two minutes, and before it stops where the user asked to or time is up."""

    def __init__(
        self,
        interrupt: Interrupt,
        save: Callable[[Means], None],
        go_on: Callable[[float], bool] = lambda step_seconds: True,
    ) -> None:
        """Prepare.

        Args:
            interrupt: whether the user asked to stop.
            save: is given the means of the steps so far.
            go_on: whether there is time for one more step, given how long one takes; if not, the
                epoch ends early.
        """
        super().__init__()
        self._interrupt = interrupt
        self._save = save
        self._go_on = go_on
        self._begun = self._saved = time.monotonic()
        self.steps = 0

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Save, or stop, if it is time.

        Raises:
            KeyboardInterrupt: the user asked to stop.
            TrainingError: the loss is not a number any more.
        """
        self.steps = batch + 1
        if not self._go_on((time.monotonic() - self._begun) / self.steps):
            self.model.stop_training = True
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


def save_state(folder: Path, model: keras.Model, position: Position) -> None:
    """Write weights, optimiser, seeds and position; the file before is replaced by a whole one.

    Raises:
        TrainingError: the disk is full.
    """
    text = json.dumps(to_json(position))
    arrays = {
        name: keras.ops.convert_to_numpy(variable) for name, variable in _variables(model).items()
    }
    arrays[_POSITION] = np.array(text)
    write_arrays(folder / _STATE, arrays)


def read_position(folder: Path) -> Position | None:
    """Return where the training in a folder is; None if there is none.

    Raises:
        TrainingError: the file is damaged, or of another version.
    """
    if not (folder / _STATE).is_file():
        return None
    with _reading(folder / _STATE) as arrays:
        return from_json(Position, json.loads(str(arrays[_POSITION])), 'the position')


def load_state(folder: Path, model: keras.Model) -> None:
    """Set weights, optimiser and seeds to those of the file; the optimiser must be built.

    Raises:
        TrainingError: the file is damaged, or of another version.
    """
    with _reading(folder / _STATE) as arrays:
        for name, variable in _variables(model).items():
            variable.assign(arrays[name])


def save_weights(path: Path, model: keras.Model) -> None:
    """Write the weights alone.

    Raises:
        TrainingError: the disk is full.
    """
    write_arrays(
        path, {f'weights/{i}': keras.ops.convert_to_numpy(w) for i, w in enumerate(model.weights)}
    )


def load_weights(path: Path, model: keras.Model) -> None:
    """Set the weights to those of a file of `save_weights`.

    Raises:
        TrainingError: the file is damaged, or not there.
    """
    with _reading(path) as arrays:
        for index, weight in enumerate(model.weights):
            weight.assign(arrays[f'weights/{index}'])


def write_arrays(path: Path, arrays: dict[str, Any]) -> None:
    """Write a `.npz` file; the one before is replaced by a whole one.

    Raises:
        TrainingError: the disk is full.
    """
    scratch = path.with_name(f'.{path.name}')
    with full_disk(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with scratch.open('wb') as file:
                np.savez(file, **arrays)
                file.flush()
                # After a power cut, too, the file is the old one or the new one.
                os.fsync(file.fileno())
            scratch.replace(path)
        except BaseException:
            scratch.unlink(missing_ok=True)
            raise


@contextmanager
def full_disk(folder: Path) -> Iterator[None]:
    """Say in one sentence that nothing more can be written.

    Raises:
        TrainingError: the disk is full.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise TrainingError(
            f'{folder} takes no more ({error.strerror}): make room; the same command goes on '
            'from the last checkpoint'
        ) from error


def _variables(model: keras.Model) -> dict[str, Any]:
    found = {f'weights/{i}': weight for i, weight in enumerate(model.weights)}
    found |= {f'optimizer/{i}': value for i, value in enumerate(model.optimizer.variables)}
    layers = [layer for layer in model.layers if hasattr(layer, 'seed_generator')]
    # A layer that never draws, as dropout of 0, has none.
    states = [layer.seed_generator.state for layer in layers if layer.seed_generator is not None]
    found |= {f'seeds/{i}': state for i, state in enumerate(states)}
    return found


@contextmanager
def _reading(path: Path) -> Iterator[Any]:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            yield arrays
    except (TrainingError, OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise TrainingError(
            f'{path} cannot be read ({error!r:.120}): it is damaged or of another version; '
            'remove the run folder and train anew'
        ) from error
