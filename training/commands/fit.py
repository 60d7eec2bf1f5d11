# SPDX-License-Identifier: Apache-2.0
"""`fit`: train one or several networks."""

import argparse
from pathlib import Path

from training.commands.configured import add_configuration, configured
from training.configuration import Configuration
from training.data.data_hash import data_hash
from training.data.data_set import DataSet
from training.data.leaks import refuse_leaks
from training.data.readers import read
from training.data.splits import make_split
from training.run_folder import Run, run_data


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    add_configuration(parser)
    parser.add_argument('--runs', type=Path, default=Path('runs'), help='(default: %(default)s)')


def run(options: argparse.Namespace) -> int:
    """Train, or resume; what is trained already is left as it is.

    Raises:
        TrainingError: the data or the configuration cannot be used.
    """
    configurations = configured(options)
    data: dict[str, DataSet] = {}
    for number, configuration in enumerate(configurations, 1):
        if len(configurations) > 1:
            print(f'{configuration.name} ({number} of {len(configurations)})', flush=True)
        reader = configuration.data.reader
        if reader not in data:
            print(f'reading {options.data}', flush=True)
            data[reader] = read(reader, options.data)
        fit_one(configuration, data[reader], options.data, options.runs)
    return 0


def fit_one(configuration: Configuration, data_set: DataSet, path: Path, runs: Path) -> Run:
    """Train one network into `runs/<name>`, or resume it."""
    run = Run(runs / configuration.name)
    split = make_split(data_set, configuration.data)
    if not configuration.data.allow_leaks:
        refuse_leaks(data_set, split)
    run.start(configuration, run_data(data_set, path, data_hash(data_set.samples)), split)
    from training.fit import fit  # noqa: PLC0415

    fit(run, configuration, data_set, run.split())
    print(f'trained: {run.model_file}')
    return run
