# SPDX-License-Identifier: Apache-2.0
"""Checkpoints after each epoch: a run that is killed goes on where its last epoch ended."""

import re
from pathlib import Path
from typing import Any

import keras

_NAME = re.compile(r'epoch_(\d{4})\.weights\.h5\Z')


def latest(folder: Path) -> tuple[int, Path] | None:
    """Return (epochs done, file) of the newest whole checkpoint, or None."""
    found = [(int(m[1]), p) for p in folder.glob('epoch_*') if (m := _NAME.match(p.name))]
    return max(found, default=None)


class Checkpoints(keras.callbacks.Callback):  # type: ignore[misc]
    """Keeps weights, optimiser and curves of the last epoch; the file appears whole or not."""

    def __init__(self, folder: Path, curves: list[dict[str, float]], report: Any) -> None:
        """`report(curves)` is called after each epoch, before its checkpoint appears."""
        super().__init__()
        self._folder = folder
        self._curves = curves
        self._report = report

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Save, and then remove the checkpoint before."""
        values = {key: float(value) for key, value in (logs or {}).items()}
        self._curves.append({'epoch': epoch + 1, **values})
        self._report(self._curves)
        self._folder.mkdir(parents=True, exist_ok=True)
        scratch = self._folder / '.writing.weights.h5'
        self.model.save_weights(scratch, overwrite=True)
        scratch.replace(self._folder / f'epoch_{epoch + 1:04d}.weights.h5')
        (self._folder / f'epoch_{epoch:04d}.weights.h5').unlink(missing_ok=True)


class ReseedDropout(keras.callbacks.Callback):  # type: ignore[misc]
    """Gives each epoch its own dropout, so that a resumed run drops what it would have."""

    def __init__(self, seed: int) -> None:
        """`seed` is that of the run."""
        super().__init__()
        self._seed = seed

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Set the state of every dropout layer."""
        for layer in self.model.layers:
            if isinstance(layer, keras.layers.Dropout):
                layer.seed_generator.state.assign([self._seed, epoch])
