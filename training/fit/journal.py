# SPDX-License-Identifier: Apache-2.0
"""What a training leaves in its run folder while it goes on: state, best weights, curves."""

from collections.abc import Sequence
from pathlib import Path

import keras

from training.fit.checkpoint import (
    Position,
    full_disk,
    load_state,
    load_weights,
    read_position,
    save_state,
    save_weights,
)
from training.fit.legs import Leg, best_epoch, seconds_left
from training.fit.progress import epoch_line
from training.fit.tensorboard import Scalars
from training.run_folder import Run


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

    def position(self) -> Position | None:
        """Return where an interrupted training is; None if it was not begun."""
        return read_position(self._run.checkpoint_folder)

    def restore(self, model: keras.Model, position: Position) -> None:
        """Set the state of a model, which is compiled, to that of the interrupted training."""
        load_state(self._run.checkpoint_folder, model)
        step = f' and {position.step} steps' if position.step else ''
        print(
            f'resuming {self._run.folder} after {position.epoch} of {self._plan[-1].end} '
            f'epochs{step}',
            flush=True,
        )
        # It may have been killed between the two.
        self._write_curves(position)

    def save(self, model: keras.Model, position: Position) -> None:
        """Write the state, in the midst of an epoch."""
        save_state(self._run.checkpoint_folder, model, position)

    def keep_if_best(
        self, model: keras.Model, leg: Leg, curves: Sequence[dict[str, float]]
    ) -> None:
        """Write the weights if the last epoch is the best of its stage so far."""
        if self._keep_best and best_epoch(leg, curves) == curves[-1]['epoch'] - 1:
            save_weights(self._best_file(int(curves[-1]['epoch']) - 1), model)

    def end_epoch(self, model: keras.Model, leg: Leg, position: Position) -> None:
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

    def load_best(self, model: keras.Model, leg: Leg, position: Position) -> None:
        """Set the weights to the best of a stage."""
        best = best_epoch(leg, position.curves)
        if best is not None:
            load_weights(self._best_file(best), model)

    def _best_file(self, epoch: int) -> Path:
        return self._run.checkpoint_folder / f'best_{epoch + 1:04d}.npz'

    def _write_curves(self, position: Position) -> None:
        with full_disk(self._run.folder):
            self._run.write_json(
                'curves.json', {'seconds': position.seconds, 'epochs': list(position.curves)}
            )
