# SPDX-License-Identifier: Apache-2.0
"""`doctor`: what is wrong with a running graph, this machine, or a bag, in plain words."""

import argparse
import json
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mobilenet_perception.tools.arguments import positive
from mobilenet_perception.tools.doctor.examine import examine_bag, examine_graph
from mobilenet_perception.tools.doctor.facts import Query
from mobilenet_perception.tools.doctor.finding import Finding, Level
from mobilenet_perception.tools.terminal import Progress

SCHEMA = 'mobilenet_perception.doctor'
SCHEMA_VERSION = 1
_SECONDS = 10.0
_WIDTH = 99
_INDENT = 8 * ' '


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
        asked = Query(tuple(arguments.node), tuple(arguments.topic), arguments.rate)
        with Progress('s', round(arguments.seconds)) as progress:
            examined = examine_graph(asked, arguments.seconds, progress)
    elif arguments.node or arguments.topic or arguments.rate:
        arguments.fail('--bag goes without --node, --topic and --rate')
    else:
        with Progress('camera frames read') as progress:
            examined = examine_bag(arguments.bag, progress)
    headline, findings, interrupted = examined
    if arguments.json:
        print(json.dumps(findings_json(headline, findings, interrupted), indent=1))
    else:
        print(findings_text(headline + ('; INTERRUPTED' if interrupted else ''), findings))
    if interrupted:
        return 130
    return int(_count(findings, Level.WRONG) > 0)


def findings_text(headline: str, findings: Sequence[Finding]) -> str:
    """Return findings, already in order, as lines."""
    lines = [headline, '']
    for finding in findings:
        lines += _wrapped(f'{finding.level:<8}', f'{finding.where}: {finding.what}')
        if finding.cure:
            lines += _wrapped(_INDENT, f'-> {finding.cure}')
    count = _count(findings, Level.WRONG)
    things = 'one thing is' if count == 1 else f'{count or "no"} things are'
    lines += ['', f'{things} wrong' if count else 'nothing is wrong']
    return '\n'.join(lines)


def findings_json(headline: str, findings: Sequence[Finding], interrupted: bool) -> dict[str, Any]:
    """Return findings as JSON values."""
    return {
        'schema': SCHEMA,
        'schema_version': SCHEMA_VERSION,
        'looked_at': headline,
        'interrupted': interrupted,
        'wrong': _count(findings, Level.WRONG),
        'findings': [{**finding._asdict(), 'level': str(finding.level)} for finding in findings],
    }


def _count(findings: Sequence[Finding], level: Level) -> int:
    return sum(finding.level is level for finding in findings)


def _wrapped(head: str, text: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=head, subsequent_indent=_INDENT,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def _name(text: str) -> str:
    """Read the full name of a node or a topic."""
    return text if text.startswith('/') else f'/{text}'
