# SPDX-License-Identifier: Apache-2.0
"""What several commands share: where data are, and reading those of a run."""

import argparse
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from training.configuration.settings import Data
from training.data.data_set import DataSet, data_hash
from training.data.readers.by_name import read_data
from training.data.splits import Split
from training.errors import TrainingError
from training.fit.run_folder import Run

if TYPE_CHECKING:
    from training.evaluation.evaluation import Evaluation


class RunInput(NamedTuple):
    """The data of a run, as it was trained on."""

    data_set: DataSet
    split: Split


def add_run_data(parser: argparse.ArgumentParser) -> None:
    """Add `--data`, for commands that take the data of a run."""
    parser.add_argument(
        '--data', type=Path, help='where the data of the run are now (default: where they were)'
    )


def evaluated(run: Run, path: Path | None) -> 'Evaluation':
    """Return what an evaluation found, and evaluate what is not, or was trained since.

    Args:
        run: trained.
        path: as `--data` gives it.

    Raises:
        TrainingError: the run is not trained, or the data are others.
    """
    from training.evaluation.evaluate import evaluate  # noqa: PLC0415
    from training.evaluation.evaluation import stored_evaluation  # noqa: PLC0415

    try:
        return stored_evaluation(run)
    except TrainingError:
        data = read_run_data(run, path)
        print(f'evaluating {run.folder}', flush=True)
        return evaluate(run, *data)


def read_run_data(run: Run, path: Path | None) -> RunInput:
    """Read the data of a run again.

    Raises:
        TrainingError: they are not what the run was trained on.
    """
    stored = run.data()
    place = path or Path(stored.path)
    if not place.exists():
        raise TrainingError(f'{place}, which {run.folder} was trained on, is gone: give --data')
    data_set, sha256 = _read(run.configuration().data, place)
    if sha256 != stored.sha256:
        raise TrainingError(f'{run.folder} was trained on other data than {place}')
    return RunInput(data_set, run.split())


# Several runs of one command mostly share their data.
@lru_cache(maxsize=1)
def _read(settings: Data, place: Path) -> tuple[DataSet, str]:
    print(f'reading {place}', flush=True)
    data_set = read_data(settings, place)
    return data_set, data_hash(data_set.samples)
