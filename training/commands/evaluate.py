# SPDX-License-Identifier: Apache-2.0
"""`evaluate`: calibrate, measure and report runs."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from training.commands.arguments import add_run_data, read_run_data
from training.data.readers.by_name import read
from training.fit.run_folder import Run

if TYPE_CHECKING:
    from training.evaluation.record import Evaluation


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument('runs', type=Path, nargs='+', metavar='RUN', help='run folder')
    add_run_data(parser)
    parser.add_argument(
        '--unknown', type=Path, metavar='DATA',
        help='images that show none of the labels: how well they are told from known ones',
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Evaluate runs and print what was found.

    Raises:
        TrainingError: a run is not trained, or the data are others.
    """
    from training.evaluation.evaluate import evaluate  # noqa: PLC0415

    unknown = read('auto', options.unknown).samples if options.unknown else ()
    for folder in options.runs:
        one = Run(folder)
        data_set, split = read_run_data(one, options.data)
        print_evaluation(evaluate(one, data_set, split, unknown), bool(data_set.merge))
    return 0


def print_evaluation(evaluation: 'Evaluation', merged: bool) -> None:
    """Print a line for each set of frames; of merged outputs, also those told apart."""
    for name, found in evaluation.sets.items():
        print(
            f'{name:20} {found.correct:5} of {found.frames:5} right, '
            f'{found.accuracy:.2%}, ECE {found.ece:.3f}'
        )
    if not merged:
        return
    print('every output told apart:')
    for name, found in evaluation.outputs.items():
        print(f'{name:20} {found.correct:5} of {found.frames:5} right, {found.accuracy:.2%}')
