# SPDX-License-Identifier: Apache-2.0
"""What several commands share: where data are, and reading those of a run."""

import argparse
from pathlib import Path
from typing import NamedTuple

from training.data.data_hash import data_hash
from training.data.data_set import DataSet
from training.data.readers import read
from training.data.splits import Split
from training.errors import TrainingError
from training.run_folder import Run


class RunInput(NamedTuple):
    """The data of a run, as it was trained on."""

    data_set: DataSet
    split: Split


def add_run_data(parser: argparse.ArgumentParser) -> None:
    """Add `--data`, for commands that take the data of a run."""
    parser.add_argument(
        '--data', type=Path, help='where the data of the run are now (default: where they were)'
    )


def read_run_data(run: Run, path: Path | None) -> RunInput:
    """Read the data of a run again.

    Raises:
        TrainingError: they are not what the run was trained on.
    """
    stored = run.data()
    place = path or Path(stored.path)
    if not place.exists():
        raise TrainingError(f'{place}, which {run.folder} was trained on, is gone: give --data')
    print(f'reading {place}', flush=True)
    data_set = read(run.configuration().data.reader, place)
    if data_hash(data_set.samples) != stored.sha256:
        raise TrainingError(f'{run.folder} was trained on other data than {place}')
    return RunInput(data_set, run.split())
