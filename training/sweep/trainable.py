# SPDX-License-Identifier: Apache-2.0
"""A trial as Ray Tune sees it: a process that trains, and a result for each epoch.

What a person sees of it is a line when it has ended.
"""

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from ray import tune

from mobilenet_perception.tools.cluster import Room
from training.errors import TrainingError
from training.fit.run_folder import Run
from training.sweep.record import CHECKOUT, Trial, read_sweep, trial_name, write_trial

METRIC = 'val_accuracy'
_LOOK_SECONDS = 0.3
_LOG = 'trial.log'
_UNFIT = 'the machine'


class Training(tune.Trainable):  # type: ignore[misc, unused-ignore]
    """Runs the worker and reports the epochs of its run folder, those before a kill, too."""

    def setup(self, config: dict[str, Any], folder: str = '', threads: int = 1) -> None:
        """Start training: `folder` is that of the sweep, `threads` are TensorFlow's."""
        self._folder, self._threads = Path(folder), threads
        self._process: subprocess.Popen[bytes] | None = None
        self._last: dict[str, Any] = {}
        check_machine(self._folder)
        self._begin(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Take the next trial: Ray's own process is kept, since it takes seconds to start."""
        self._begin(new_config)
        return True

    def step(self) -> dict[str, Any]:
        """Wait for an epoch, or for the end.

        Raises:
            RuntimeError: the process died: Ray begins the trial again, which goes on from there.
        """
        assert self._process is not None
        while True:
            # Asked first, so that no epoch is lost between the two.
            ended = self._process.poll()
            lines = self._run.read_json('curves.json').get('epochs', [])
            if len(lines) > self._reported:
                line = lines[self._reported]
                self._reported += 1
                self._last = {'epoch': line['epoch'], METRIC: line[METRIC]}
                return self._last
            if ended == 0:
                return {**self._last, 'done': True}
            if ended is not None:
                reason = f'its process died ({ended}): see {self._run.folder / _LOG}'
                write_trial(self._folder, self._trial._replace(failed=reason))
                raise RuntimeError(reason)
            time.sleep(_LOOK_SECONDS)

    def cleanup(self) -> None:
        """Stop training; what is done stays in the run folder."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def _begin(self, config: dict[str, Any]) -> None:
        self.cleanup()
        index = int(self.trial_id.rpartition('_')[2])
        trial = self._trial = Trial(trial_name(index, config), config)
        self._run = Run(self._folder / trial.name)
        self._reported = 0
        # A trial that fails before its first epoch still has the figure that Ray compares.
        self._last = {'epoch': 0, METRIC: 0.0}
        write_trial(self._folder, trial)
        with (self._run.folder / _LOG).open('ab') as log:
            self._process = subprocess.Popen(
                [sys.executable, '-m', 'training.sweep.worker', str(self._folder), trial.name],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **thread_limits(self._threads)},
            )


class TrialLines(tune.Callback):  # type: ignore[misc, unused-ignore]
    """Prints a line when a trial ends, and when none can run."""

    def __init__(self, count: int, room: Room, alone: bool) -> None:
        """`count` trials there will be, each of which needs `room`; `alone` on this machine."""
        self._count, self._room, self._alone = count, room, alone

    def on_step_begin(self, iteration: int, trials: list[Any], **info: Any) -> None:
        """Look whether there is room for a trial, where none runs."""
        waiting = any(not trial.is_finished() for trial in trials)
        if waiting and not any(trial.status == 'RUNNING' for trial in trials):
            self._room.check(self._alone)

    def on_trial_complete(
        self, iteration: int, trials: list[Any], trial: Any, **info: Any
    ) -> None:
        """Say what a trial came to."""
        result = trial.last_result or {}
        words = f'{METRIC} {result.get(METRIC, 0.0):.4f} after {result.get("epoch", 0)} epochs'
        self._notify(trials, trial, words)

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Say that a trial died, and why its machine could not begin it."""
        found = re.findall(rf'{_UNFIT}.*', str(trial.get_error() or ''))
        self._notify(trials, trial, found[-1] if found else 'died: see its trial.log')

    def _notify(self, trials: list[Any], trial: Any, words: str) -> None:
        name = trial_name(int(trial.trial_id.rpartition('_')[2]), trial.config)
        # The trial that this is about may not be counted as ended yet.
        ended = sum(one.is_finished() or one is trial for one in trials)
        print(f'{ended} of {self._count}: {name}: {words}', flush=True)


def check_machine(folder: Path) -> None:
    """Check that this machine sees the sweep and its data, before a trial begins on it.

    Raises:
        TrainingError: it does not.
    """
    cure = 'share it with all machines of the cluster, under the same path'
    here = f'{_UNFIT} {socket.gethostname()}'
    try:
        data = Path(read_sweep(folder).data)
    except TrainingError:
        raise TrainingError(f'{here} does not see the sweep in {folder}: {cure}') from None
    if not data.exists():
        raise TrainingError(f'{here} does not see the data in {data}: {cure}')


def thread_limits(threads: int) -> dict[str, str]:
    """Return the environment that keeps TensorFlow to some threads, and to the memory it needs."""
    return {
        'PYTHONPATH': os.pathsep.join(filter(None, (CHECKOUT, os.environ.get('PYTHONPATH')))),
        'OMP_NUM_THREADS': str(threads),
        'TF_NUM_INTRAOP_THREADS': str(threads),
        'TF_NUM_INTEROP_THREADS': '1',
        'TF_CPP_MIN_LOG_LEVEL': '2',
        'TF_FORCE_GPU_ALLOW_GROWTH': 'true',
    }
