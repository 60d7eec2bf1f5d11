# SPDX-License-Identifier: Apache-2.0
"""The journal of a training, in its run folder: state, best weights, curves, lines of progress.

Curves are for TensorBoard, too, which is needed to look at them but not to write them.
"""

import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from tensorflow.core.framework.summary_pb2 import SummaryMetadata

from mobilenet_perception.system.lock import locked
from training.errors import TrainingError
from training.fit import checkpoint
from training.fit.legs import Leg, best_epoch, seconds_left
from training.fit.run_folder import Run

_PARTS = ('train', 'validation')


class Journal:
    """Writes and reads it."""

    def __init__(self, run: Run, plan: Sequence[Leg], keep_best: bool) -> None:
        """Open it.

        Args:
            run: where.
            plan: the stages.
            keep_best: whether the weights of the best epoch of a stage are kept.
        """
        self._run = run
        self._plan = plan
        self._keep_best = keep_best
        self._scalars = Scalars(run.folder / 'tensorboard')

    def position(self) -> checkpoint.Position | None:
        """Return where an interrupted training is; None if it was not begun."""
        return checkpoint.read_position(self._run.checkpoint_folder)

    def restore(self, model: keras.Model, position: checkpoint.Position) -> None:
        """Set the state of a model, which is compiled, to that of the interrupted training."""
        checkpoint.load_state(self._run.checkpoint_folder, model)
        step = f' and {position.step} steps' if position.step else ''
        print(
            f'resuming {self._run.folder} after {position.epoch} of {self._plan[-1].end} '
            f'epochs{step}',
            flush=True,
        )
        # It may have been killed between the two.
        self._write_curves(position)

    def save(self, model: keras.Model, position: checkpoint.Position) -> None:
        """Write the state, in the midst of an epoch."""
        checkpoint.save_state(self._run.checkpoint_folder, model, position)

    def keep_if_best(
        self, model: keras.Model, leg: Leg, curves: Sequence[dict[str, float]]
    ) -> None:
        """Write the weights if the last epoch is the best of its stage so far."""
        if self._keep_best and best_epoch(leg, curves) == curves[-1]['epoch'] - 1:
            checkpoint.save_weights(self._best_file(int(curves[-1]['epoch']) - 1), model)

    def end_epoch(self, model: keras.Model, leg: Leg, position: checkpoint.Position) -> None:
        """Write the state after an epoch, and say what it came to."""
        self.save(model, position)
        best = best_epoch(leg, position.curves) if self._keep_best else None
        for file in self._run.checkpoint_folder.glob('best_*.npz'):
            # The one before is needed until the state names another.
            if best is None or file != self._best_file(best):
                file.unlink()
        self._write_curves(position)
        self._scalars.write(position.curves[-1])
        left = seconds_left(self._plan, position.curves)
        print(epoch_line(position.curves[-1], self._plan[-1].end, left), flush=True)

    def load_best(self, model: keras.Model, leg: Leg, position: checkpoint.Position) -> None:
        """Set the weights to the best of a stage."""
        best = best_epoch(leg, position.curves)
        if best is not None:
            checkpoint.load_weights(self._best_file(best), model)

    def _best_file(self, epoch: int) -> Path:
        return self._run.checkpoint_folder / f'best_{epoch + 1:04d}.npz'

    def _write_curves(self, position: checkpoint.Position) -> None:
        with checkpoint.full_disk(self._run.folder):
            self._run.write_json(
                'curves.json', {'seconds': position.seconds, 'epochs': list(position.curves)}
            )


class Scalars:
    """Event files of the curves: those of validation beside those of training."""

    def __init__(self, folder: Path) -> None:
        """`folder` is what TensorBoard is told to look at."""
        self._writers = {
            part: tf.summary.create_file_writer(str(folder / part)) for part in _PARTS
        }
        # tf.summary.scalar is a part of TensorBoard; this is what it writes.
        plugin = SummaryMetadata.PluginData(plugin_name='scalars')
        self._metadata = SummaryMetadata(plugin_data=plugin)

    def write(self, line: Mapping[str, float]) -> None:
        """Add a line: `epoch`, and values by name; those of validation begin with `val_`."""
        step = int(line['epoch'])
        for key, value in line.items():
            tag = key.removeprefix('val_')
            with self._writers[_PARTS[tag != key]].as_default():
                if key != 'epoch':
                    tf.summary.write(tag, tf.constant(value), step, self._metadata)
        for writer in self._writers.values():
            writer.flush()


class StepBar(keras.callbacks.Callback):  # type: ignore[misc]
    """A bar over the steps of an epoch, on a terminal; nothing where output goes to a file."""

    def __init__(self, steps: int, done: int) -> None:
        """`steps` an epoch, of which `done` were made before an interruption."""
        super().__init__()
        shown = ('loss', 'accuracy')
        self._bar = (
            keras.utils.Progbar(steps, stateful_metrics=shown) if sys.stdout.isatty() else None
        )
        self._done = done

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Move the bar."""
        if self._bar is not None:
            values = [(key, float(value)) for key, value in (logs or {}).items()]
            self._bar.update(self._done + batch + 1, values)


def epoch_line(line: dict[str, float], epochs: int, left: float) -> str:
    """Return what an epoch came to, and the time left, in one line."""
    values = ' - '.join(
        f'{key} {value:.4g}'
        for key, value in line.items()
        if key not in ('epoch', 'stage', 'seconds')
    )
    end = f' - about {duration(left)} left' if left else ''
    return f'epoch {line["epoch"]:.0f}/{epochs} - {duration(line["seconds"])} - {values}{end}'


def duration(seconds: float) -> str:
    """Return a duration for people, such as `2 h 05 min`."""
    if seconds < 99.5:
        return f'{seconds:.0f} s'
    minutes = round(seconds / 60)
    return f'{minutes} min' if minutes < 100 else f'{minutes // 60} h {minutes % 60:02d} min'


def exclusive(folder: Path) -> AbstractContextManager[None]:
    """Keep other processes from training in a folder; the lock ends with the process.

    Raises:
        TrainingError: another one trains there.
    """
    return locked(folder / '.lock', TrainingError(f'another process trains {folder}: let it end'))
