# SPDX-License-Identifier: Apache-2.0
"""`doctor`: what is wrong with a running graph, this machine, or a bag, in plain words."""

import argparse
import json
from functools import partial
from pathlib import Path

from mobilenet_perception.commands.common import Progress, positive
from mobilenet_perception.doctor.examine import Examined, examine_bag, examine_graph
from mobilenet_perception.doctor.facts import Asked
from mobilenet_perception.doctor.finding import Level
from mobilenet_perception.doctor.report import findings_json, findings_text

_SECONDS = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument('--seconds', type=positive, default=_SECONDS,
                        help='how long to look at the graph (%(default)g)')  # fmt: skip
    parser.add_argument(
        '--node', action='append', default=[], metavar='NAME', type=_name,
        help='full name of a classifier node, repeatable (default: all there are)',
    )  # fmt: skip
    parser.add_argument(
        '--topic', action='append', default=[], metavar='TOPIC', type=_name,
        help='camera topic, repeatable (default: those of the nodes; without a node, all)',
    )  # fmt: skip
    parser.add_argument('--rate', type=positive, metavar='HZ',
                        help='frames a second that the cameras should give')  # fmt: skip
    parser.add_argument('--bag', type=Path, help='look at a bag instead of a graph')
    parser.add_argument('--json', action='store_true', help='print JSON')
    parser.set_defaults(fail=parser.error)


def run(arguments: argparse.Namespace) -> int:
    """Look, and print what was found; 1 if something is wrong.

    Ctrl-C ends the looking: what was found until then is printed.
    """
    if arguments.bag is None:
        progress = Progress('s left')
        asked = Asked(tuple(arguments.node), tuple(arguments.topic), arguments.rate)
        examine = partial(examine_graph, asked, arguments.seconds, progress)
    elif arguments.node or arguments.topic or arguments.rate:
        arguments.fail('--bag goes without --node, --topic and --rate')
    else:
        progress = Progress('camera frames read')
        examine = partial(examine_bag, arguments.bag, progress)
    try:
        examined = examine()
    finally:
        progress.end()
    print(_report(examined, arguments.json))
    if examined.interrupted:
        return 130
    return int(any(finding.level is Level.WRONG for finding in examined.findings))


def _report(examined: Examined, as_json: bool) -> str:
    headline, findings, interrupted = examined
    if as_json:
        return json.dumps(findings_json(headline, findings, interrupted), indent=1)
    return findings_text(headline + ('; INTERRUPTED' if interrupted else ''), findings)


def _name(text: str) -> str:
    """Read the full name of a node or a topic."""
    return text if text.startswith('/') else f'/{text}'
