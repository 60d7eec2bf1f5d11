# SPDX-License-Identifier: Apache-2.0
"""What is seen of a sweep while it runs: a line for each trial that has ended."""

from typing import Any

from ray import tune

from training.sweep.attribute import trial_name
from training.sweep.trainable import METRIC


class Progress(tune.Callback):  # type: ignore[misc, unused-ignore]
    """Prints a line when a trial ends."""

    def __init__(self, count: int) -> None:
        """`count` trials there will be."""
        self._count = count

    def on_trial_complete(
        self, iteration: int, trials: list[Any], trial: Any, **info: Any
    ) -> None:
        """Say what a trial came to."""
        result = trial.last_result or {}
        words = f'{METRIC} {result.get(METRIC, 0.0):.4f} after {result.get("epoch", 0)} epochs'
        self._notify(trials, trial, words)

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Say that a trial died."""
        self._notify(trials, trial, 'died: see its trial.log')

    def _notify(self, trials: list[Any], trial: Any, words: str) -> None:
        name = trial_name(int(trial.trial_id.rpartition('_')[2]), trial.config)
        # The trial that this is about may not be counted as ended yet.
        ended = sum(one.is_finished() or one is trial for one in trials)
        print(f'{ended} of {self._count}: {name}: {words}', flush=True)
