# SPDX-License-Identifier: Apache-2.0
"""`fit`: train one or several networks."""

import argparse
import time
from pathlib import Path

from training.commands.arguments import add_configuration, configured, fitted_to_data
from training.configuration.settings import Data
from training.data.data_set import DataSet, data_hash, make_split
from training.data.readers.by_name import read_data
from training.fit.run_folder import RunData, run_data


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    add_configuration(parser)
    parser.add_argument('--runs', type=Path, default=Path('runs'), help='(default: %(default)s)')


def run(options: argparse.Namespace) -> int:
    """Train, or resume; what is trained already is left as it is.

    Raises:
        TrainingError: the data or the configuration cannot be used.
    """
    begun = time.monotonic()
    configurations = configured(options)
    # Reading, and looking for leaks, take every image: once for all networks of like data.
    data: dict[Data, tuple[DataSet, RunData, Data]] = {}
    for number, asked in enumerate(configurations, 1):
        if len(configurations) > 1:
            print(f'{asked.name} ({number} of {len(configurations)})', flush=True)
        if asked.data not in data:
            data[asked.data] = _read(asked.data, options.data)
        data_set, stored, settings = data[asked.data]
        configuration = fitted_to_data(options, asked, data_set)._replace(data=settings)
        split = make_split(data_set, settings)
        from training.fit.fitting import fit_one  # noqa: PLC0415  TensorFlow

        fit_one(configuration, data_set, stored, split, options.runs, begun)
        # A second network has as many minutes again.
        begun = time.monotonic()
    return 0


def _read(settings: Data, path: Path) -> tuple[DataSet, RunData, Data]:
    """Return data without leaks, what a run keeps of them, and the settings that give them."""
    from training.data.duplicates.leaks import without_leaks  # noqa: PLC0415

    print(f'reading {path}', flush=True)
    data_set, mended = without_leaks(read_data(settings, path), settings)
    return data_set, run_data(data_set, path, data_hash(data_set.samples)), mended
