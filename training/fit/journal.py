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
from training.configuration.records import from_json, to_json
from training.errors import TrainingError
from training.fit import checkpoint
from training.fit.head import HeadRecord
from training.fit.legs import Leg, kept_epoch, same_size, seconds_left
from training.fit.run_folder import Run

_PARTS = ('train', 'validation')
_HEAD_FILE = 'head.json'


class Journal:
    """Writes and reads it."""

    def __init__(self, run: Run, plan: Sequence[Leg], keep_best: bool) -> None:
        """Open it.

        Args:
            run: where.
            plan: the stages.
            keep_best: whether the weights of the best epoch are kept.
        """
        self._run = run
        self._plan = plan
        self.keep_best = keep_best
        self.head = self._read_head()
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

    def keep_head(self, model: keras.Model, head: HeadRecord) -> None:
        """Write a fitted head and the network that it was fitted to."""
        self._run.write_json(_HEAD_FILE, head)
        # Perhaps no epoch follows.
        self._write_curves(checkpoint.Position(seconds=head.seconds))
        # Last, because its presence says that the head is fitted.
        checkpoint.save_weights(self._weights_of_head, model)
        self.head = head

    def load_head(self, model: keras.Model) -> None:
        """Set the weights to those with the fitted head."""
        checkpoint.load_weights(self._weights_of_head, model)

    def save(self, model: keras.Model, position: checkpoint.Position) -> None:
        """Write the state, in the midst of an epoch."""
        checkpoint.save_state(self._run.checkpoint_folder, model, position)

    def keep_if_best(
        self, model: keras.Model, leg: Leg, curves: Sequence[dict[str, float]]
    ) -> None:
        """Write the weights if the last epoch is the best so far."""
        if self.keep_best and self._kept(leg, curves) == curves[-1]['epoch'] - 1:
            checkpoint.save_weights(self._best_file(int(curves[-1]['epoch']) - 1), model)

    def end_epoch(self, model: keras.Model, leg: Leg, position: checkpoint.Position) -> None:
        """Write the state after an epoch, and say what it came to."""
        self.save(model, position)
        best = self._kept(leg, position.curves) if self.keep_best else None
        for file in self._run.checkpoint_folder.glob('best_*.npz'):
            # The one before is needed until the state names another.
            if best is None or file != self._best_file(best):
                file.unlink()
        self._write_curves(position)
        self._scalars.write(position.curves[-1])
        left = seconds_left(self._plan, position.curves)
        print(epoch_line(position.curves[-1], self._plan[-1].end, left), flush=True)

    def load_best(self, model: keras.Model, leg: Leg, position: checkpoint.Position) -> None:
        """Set the weights to the best up to the end of a stage, and say which they are."""
        best = self._kept(leg, position.curves)
        if best is not None:
            checkpoint.load_weights(self._best_file(best), model)
            line = next(line for line in position.curves if line['epoch'] == best + 1)
            print(f'kept: epoch {best + 1}, {_validated(line)}', flush=True)
        elif self.head is not None and same_size(leg, self._plan[-1]):
            self.load_head(model)
            words = _validated(to_json(self.head))
            print(f'kept: the fitted head, {words}: no epoch is better', flush=True)

    def _kept(self, leg: Leg, curves: Sequence[dict[str, float]]) -> int | None:
        head = None if self.head is None else to_json(self.head)
        return kept_epoch(self._plan, leg, curves, head)

    def _read_head(self) -> HeadRecord | None:
        if not self._weights_of_head.is_file():
            return None
        return from_json(HeadRecord, self._run.read_json(_HEAD_FILE), _HEAD_FILE)

    @property
    def features_folder(self) -> Path:
        """Where the features are that the head is fitted to."""
        return self._run.checkpoint_folder / 'features'

    @property
    def _weights_of_head(self) -> Path:
        return self._run.checkpoint_folder / 'head.npz'

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


def _validated(line: Mapping[str, float]) -> str:
    loss, accuracy = line['val_loss'], line['val_accuracy']
    return f'with a validation loss of {loss:.4g} and an accuracy of {accuracy:.2%}'


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
