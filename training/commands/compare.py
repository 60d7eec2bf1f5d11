# SPDX-License-Identifier: Apache-2.0
"""`compare`: runs and bundles in one table, with latency measured here."""

import argparse
from pathlib import Path

from mobilenet_perception.system.files import write_atomically
from mobilenet_perception.tools.arguments import whole
from mobilenet_perception.tools.report import pages
from mobilenet_perception.tools.terminal import Progress
from training.commands.arguments import (
    add_run_data,
    add_unknown,
    evaluated,
    unknown_folders,
)
from training.configuration.records import json_text
from training.fit.run_folder import Run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument(
        'paths',
        type=Path,
        nargs='+',
        metavar='RUN',
        help='run folder, a folder of them, or bundle',
    )
    parser.add_argument(
        '--against', metavar='NAME', default='',
        help='compare the others with this run, frame by frame: its name or folder',
    )  # fmt: skip
    parser.add_argument(
        '-o', '--out', type=Path, default=Path('comparison'), metavar='FOLDER',
        help='where compare.json, .csv and .html are written (default: %(default)s)',
    )  # fmt: skip
    add_unknown(parser)
    parser.add_argument(
        '--threads', type=whole, default=1, help='CPU threads of one inference (%(default)s)'
    )
    parser.add_argument(
        '--rounds', type=whole, default=25, help='of timing, four runs each (%(default)s)'
    )
    add_run_data(parser)


def run(options: argparse.Namespace) -> int:
    """Compare; trained runs that are not evaluated yet are evaluated first.

    Raises:
        TrainingError: there is nothing to compare, or not with the run asked for.
    """
    from training.evaluation.comparison.comparison import compare  # noqa: PLC0415
    from training.evaluation.comparison.read import (  # noqa: PLC0415
        read_entries,
        shown_unknown,
    )
    from training.evaluation.comparison.report import (  # noqa: PLC0415
        comparison_csv,
        comparison_report,
        comparison_text,
    )

    def evaluate_run(one: Run) -> None:
        evaluated(one, options.data)

    against = Path(options.against) if options.against else None
    paths = options.paths
    if against and against.is_dir() and against not in paths:
        paths = [*paths, against]
    entries, left_out = read_entries(paths, evaluate_run)
    if options.unknown:
        entries = shown_unknown(entries, unknown_folders(options))
    name = options.against
    for entry in entries:
        if against and entry.folder.resolve() == against.resolve() and entry.predictions:
            name = entry.variant.name
    with Progress('rounds of timing', options.rounds) as progress:
        comparison = compare(entries, name, options.threads, options.rounds, progress)
    found = {**comparison._asdict(), 'left_out': left_out}
    write_atomically(options.out / 'compare.json', json_text(found))
    write_atomically(options.out / 'compare.csv', comparison_csv(comparison))
    write_atomically(options.out / 'compare.html', pages.render(comparison_report(comparison)))
    print(comparison_text(comparison))
    for path, reason in left_out.items():
        print(f'left out: {path}: {reason}')
    print(f'report: {options.out / "compare.html"}')
    return 0
