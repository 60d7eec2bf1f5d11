# SPDX-License-Identifier: Apache-2.0
"""`evaluate`: calibrate, measure and report runs."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from mobilenet_perception.tools.terminal import table
from training.commands.arguments import (
    add_run_data,
    add_unknown,
    read_run_data,
    unknown_folders,
)
from training.errors import TrainingError
from training.fit.run_folder import Run

if TYPE_CHECKING:
    from training.evaluation.record import Evaluation


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument('runs', type=Path, nargs='+', metavar='RUN', help='run folder')
    add_run_data(parser)
    add_unknown(parser)


def run(options: argparse.Namespace) -> int:
    """Evaluate runs and print what was found.

    Raises:
        TrainingError: a run is not trained, or the data are others.
    """
    from mobilenet_perception.inference.bundle.bundle import MANIFEST_FILE  # noqa: PLC0415
    from training.evaluation.evaluate import evaluate  # noqa: PLC0415

    unknown = unknown_folders(options)
    for folder in options.runs:
        if (folder / MANIFEST_FILE).is_file():
            raise TrainingError(
                f'{folder} is a bundle, which its runs were evaluated for: python -m '
                f'mobilenet_perception check {folder} --images FOLDER says what it decides of '
                'pictures'
            )
        one = Run(folder)
        data_set, split = read_run_data(one, options.data)
        print_evaluation(evaluate(one, data_set, split, unknown), bool(data_set.merge))
    return 0


def print_evaluation(evaluation: 'Evaluation', merged: bool) -> None:
    """Print a line for each set of frames; of merged outputs, also those told apart."""
    from mobilenet_perception.tools.bundle.open_world_report import (  # noqa: PLC0415
        UNKNOWN_HEADS,
        unknown_rows,
    )

    for name, found in evaluation.sets.items():
        print(
            f'{name:20} {found.correct:5} of {found.frames:5} right, '
            f'{found.accuracy:.2%}, ECE {found.ece:.3f}'
        )
    if evaluation.open_world and evaluation.open_world.unknown:
        print('what shows none of the labels:')
        print(table([UNKNOWN_HEADS, *unknown_rows(evaluation.open_world)]))
    if not merged:
        return
    print('every output told apart:')
    for name, found in evaluation.outputs.items():
        print(f'{name:20} {found.correct:5} of {found.frames:5} right, {found.accuracy:.2%}')
