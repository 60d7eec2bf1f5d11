# SPDX-License-Identifier: Apache-2.0
"""`simulate`: the node in a simulated street, its decisions scored by what was true."""

import argparse
import json
import sys
from pathlib import Path

from mobilenet_perception.street.gazebo import FRONT
from mobilenet_perception.street.sidewalk import TIMES_OF_DAY
from mobilenet_perception.system.files import write_atomically
from mobilenet_perception.tools.arguments import add_bundle, bundle_path, positive, share
from mobilenet_perception.tools.replay.demo import print_second
from mobilenet_perception.tools.report import pages
from mobilenet_perception.tools.report.json_report import report
from mobilenet_perception.tools.report.run_page import run_page
from mobilenet_perception.tools.report.tables import summary
from mobilenet_perception.tools.simulate.encounters import RIGHT, as_values
from mobilenet_perception.tools.simulate.session import SimulateSettings, simulate


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument(
        '--attach', action='store_true',
        help='score the simulation that simulate.launch.py runs (default: draw one here)',
    )  # fmt: skip
    parser.add_argument('--time-of-day', choices=TIMES_OF_DAY, default=TIMES_OF_DAY[0])
    parser.add_argument('--out', type=Path, default=Path('out/simulate'),
                        help='folder of the report (%(default)s)')  # fmt: skip
    parser.add_argument('--seconds', type=positive, help='of the simulation (default: the route)')
    parser.add_argument(
        '--cameras', default=FRONT, metavar='NAMES',
        help='with --attach: names with commas between them (%(default)s)',
    )  # fmt: skip
    parser.add_argument(
        '--latency-budget-ms', type=positive, default=50.0, metavar='MS', help='%(default)s'
    )
    add_bundle(parser)
    parser.add_argument('--min-right', type=share, metavar='SHARE',
                        help='exit 1 if fewer of the signals are decided right')  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Simulate, write `report.json` and `report.html`, and print the summary."""
    pages.require_jinja2()
    settings = SimulateSettings(
        bundle=bundle_path(arguments),
        time_of_day=arguments.time_of_day,
        seconds=arguments.seconds,
        latency_budget_ms=arguments.latency_budget_ms,
        runtime=arguments.runtime,
        threads=arguments.threads,
        cameras=tuple(name.strip() for name in arguments.cameras.split(',') if name.strip()),
        attach=arguments.attach,
    )
    out = arguments.out
    simulated = simulate(settings, out, print_second, lambda words: print(words, file=sys.stderr))
    values = {**report(simulated.run), 'signs': as_values(simulated.encounters)}
    write_atomically(out / 'report.json', json.dumps(values, indent=1) + '\n')
    write_atomically(out / 'report.html', run_page(values, simulated.run.thumbnails))
    print(f'\n{summary(values)}\n\nreport: {out / "report.html"} and {out / "report.json"}')
    if simulated.run.interrupted:
        return 130
    right = sum(item.verdict == RIGHT for item in simulated.encounters)
    count = len(simulated.encounters)
    if arguments.min_right is not None and right < arguments.min_right * max(1, count):
        print(f'error: {right} of {count} signals were decided right, below '
              f'{arguments.min_right:g} of them', file=sys.stderr)  # fmt: skip
        return 1
    return 0
