# SPDX-License-Identifier: Apache-2.0
"""What is seen of a training while it runs."""

import sys
from typing import Any

import keras


class Progress(keras.callbacks.Callback):  # type: ignore[misc]
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
