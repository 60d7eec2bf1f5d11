# SPDX-License-Identifier: Apache-2.0
"""`bundle`: a model bundle of runs."""

import argparse
from pathlib import Path

from training.commands.arguments import add_run_data, evaluated, read_run_data
from training.fit.run_folder import PRECISIONS, Run

_NOTES = """\
## Intended use and limits

Not described: give `bundle --notes FILE` what the labels are for, where the images come from, and
where the classifier must not be relied on.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument('runs', type=Path, nargs='+', metavar='RUN', help='run folder')
    parser.add_argument('-o', '--output', type=Path, required=True, help='folder of the bundle')
    parser.add_argument(
        '--precisions', nargs='+', default=['fp32'], metavar='PRECISION',
        help=f'{", ".join(PRECISIONS)}; all but fp32 need `quantize` first (default: fp32)',
    )  # fmt: skip
    parser.add_argument('--notes', type=Path, help='Markdown for the model card: use and limits')
    add_run_data(parser)


def run(options: argparse.Namespace) -> int:
    """Make the bundle; runs that are not evaluated yet are.

    Raises:
        TrainingError: the runs do not fit together.
    """
    from training.bundle.bundling import make_bundle  # noqa: PLC0415
    from training.evaluation.record import candidates_of  # noqa: PLC0415

    notes = options.notes.read_text() if options.notes else _NOTES
    runs = [Run(folder) for folder in options.runs]
    data_set, split = read_run_data(runs[0], options.data)
    candidates = []
    for one in runs:
        evaluated(one, options.data)
        candidates += candidates_of(one, options.precisions)
    made = make_bundle(options.output, candidates, data_set, split, notes)
    for variant in made.bundle.manifest.variants:
        print(f'{variant.name:32} {variant.accuracy or 0:.2%} {variant.macs / 1e6:8.1f} M')
    for name, reason in made.dropped.items():
        print(f'left out: {name}: {reason}')
    print(f'bundle: {made.bundle.folder}')
    return 0
