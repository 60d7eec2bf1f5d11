# SPDX-License-Identifier: Apache-2.0
"""`fit`: train one or several networks."""

import argparse
import time
from pathlib import Path

from training.commands.arguments import add_configuration, configured, fitted_to_data
from training.configuration.settings import Data
from training.data.data_set import DataSet, Split, data_hash, make_split
from training.data.readers.by_name import read_data
from training.fit.run_folder import RunData, run_data

# What of the settings decides what is read.
_READ_BY = ('reader', 'group_duplicates', 'negatives')


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
    data: dict[Data, tuple[DataSet, RunData]] = {}
    safe: set[tuple[Data, Split]] = set()
    for number, asked in enumerate(configurations, 1):
        if len(configurations) > 1:
            print(f'{asked.name} ({number} of {len(configurations)})', flush=True)
        read_as = {name: getattr(asked.data, name) for name in _READ_BY}
        kind = Data(**read_as)
        if kind not in data:
            print(f'reading {options.data}', flush=True)
            data_set = read_data(asked.data, options.data)
            sha256 = data_hash(data_set.samples)
            data[kind] = data_set, run_data(data_set, options.data, sha256)
        data_set, stored = data[kind]
        configuration = fitted_to_data(options, asked, data_set)
        split = make_split(data_set, configuration.data)
        # Looking for leaks reads every image: once for all networks that share a split.
        if not configuration.data.allow_leaks and (kind, split) not in safe:
            from training.data.duplicates.leaks import refuse_leaks  # noqa: PLC0415

            refuse_leaks(data_set, split)
            safe.add((kind, split))
        from training.fit.fitting import fit_one  # noqa: PLC0415  TensorFlow

        fit_one(configuration, data_set, stored, split, options.runs, begun)
        # A second network has as many minutes again.
        begun = time.monotonic()
    return 0
