# SPDX-License-Identifier: Apache-2.0
"""The process that trains and evaluates one trial: `python -m training.sweep.worker FOLDER NAME`.

A process of its own gives its memory back when it ends, whatever TensorFlow keeps, and dies with
the trial.
"""

import os
import sys
import threading
import time
from pathlib import Path

from training.data.data_set import data_hash, make_split
from training.data.readers.by_name import read_data
from training.errors import TrainingError
from training.fit.fitting import fit_one
from training.fit.run_folder import run_data
from training.sweep.record import Trial, read_sweep, read_trials, with_values, write_trial

_LOOK_SECONDS = 1.0


def train_trial(folder: Path, trial: Trial) -> None:
    """Train the run of a trial, or go on with it, and evaluate it.

    Raises:
        TrainingError: it cannot be trained.
    """
    sweep = read_sweep(folder)
    configuration = with_values(sweep.configuration._replace(name=trial.name), trial.values)
    data_set = read_data(configuration.data, Path(sweep.data))
    sha256 = data_hash(data_set.samples)
    if sha256 != sweep.data_sha256:
        raise TrainingError(f'{sweep.data} has changed since the sweep began: give another --out')
    stored = run_data(data_set, Path(sweep.data), sha256)
    split = make_split(data_set, configuration.data)
    # The sweep has looked for leaks before its first trial.
    run = fit_one(configuration, data_set, stored, split, folder)
    from training.evaluation.evaluate import evaluate  # noqa: PLC0415

    evaluate(run, data_set, run.split())


def main() -> int:
    """Train the trial that the command line names; what is wrong with it is kept beside it."""
    folder, name = Path(sys.argv[1]), sys.argv[2]
    threading.Thread(target=_die_with, args=(os.getppid(),), daemon=True).start()
    trial = next(trial for trial in read_trials(folder) if trial.name == name)
    try:
        train_trial(folder, trial)
    except TrainingError as error:
        # An outcome, as a learning rate that diverges is: no reason to try again.
        write_trial(folder, trial._replace(failed=str(error)))
        print(f'error: {error}')
    return 0


def _die_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    os._exit(1)


if __name__ == '__main__':
    sys.exit(main())
