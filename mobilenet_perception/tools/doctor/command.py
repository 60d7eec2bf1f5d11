# SPDX-License-Identifier: Apache-2.0
"""`doctor`: what is wrong with a running graph, this machine, or a bag, in plain words.

Facts are gathered, judged by checks, and the findings put in order.
"""

import argparse
import json
import math
import textwrap
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mobilenet_perception.inference.bundle import default_bundle_path
from mobilenet_perception.inference.runtimes import RUNTIMES
from mobilenet_perception.inference.runtimes.choose import ON_CPU
from mobilenet_perception.tools.arguments import positive
from mobilenet_perception.tools.bags.info.findings import bag_findings, camera_findings
from mobilenet_perception.tools.bags.info.scan import Scan
from mobilenet_perception.tools.doctor.checks import graph_findings, in_order, machine_findings
from mobilenet_perception.tools.doctor.facts import Finding, GraphFacts, Level, Query, fine, told
from mobilenet_perception.tools.doctor.machine import Machine, load_bundles
from mobilenet_perception.tools.terminal import Progress

SCHEMA = 'mobilenet_perception.doctor'
SCHEMA_VERSION = 1
_SECONDS = 10.0
_WIDTH = 99
_INDENT = 8 * ' '
# Told a count, a few times a second.
Notify = Callable[[int], None]


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
        query = Query(tuple(arguments.node), tuple(arguments.topic), arguments.rate)
        with Progress('s', round(arguments.seconds)) as progress:
            examined = examine_graph(query, arguments.seconds, progress)
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


class Examination(NamedTuple):
    """What was found.

    Attributes:
        headline: what was looked at.
        findings: the most important first.
        interrupted: a person ended it early.
    """

    headline: str
    findings: list[Finding]
    interrupted: bool


def examine_graph(query: Query, seconds: float, notify: Notify) -> Examination:
    """Look at the ROS graph of this process's domain, and at this machine.

    Args:
        query: what to look at.
        seconds: how long.
        notify: told the seconds that have passed.

    Raises:
        PerceptionError: the default bundle is not installed.
    """
    machine = Machine()
    graph, interrupted = None, False
    if machine.has_ros:
        graph, interrupted = _watch(query, seconds, notify)
    # What a node of another machine uses is not here.
    nodes = [] if graph is None else [node for node in graph.nodes if not node.elsewhere]
    runtimes = {str(node.value('runtime')) for node in nodes}
    # Where none is asked for by its name, it is the one for any machine that has to be there.
    runtimes = runtimes & RUNTIMES.keys() or {ON_CPU}
    folders = [str(node.value('bundle')) for node in nodes] or ['']
    bundles, troubles = load_bundles(
        dict.fromkeys(Path(folder) if folder else default_bundle_path() for folder in folders)
    )
    findings: list[Finding] = []
    if graph is not None:
        variants = [variant for bundle in bundles for variant in bundle.manifest.variants]
        sides = (max(variant.width, variant.height) for variant in variants)
        findings += graph_findings(graph._replace(largest_input=max(sides, default=0)))
    findings += machine_findings(machine.facts(sorted(runtimes), troubles))
    return Examination(_headline(graph), in_order(findings), interrupted)


def examine_bag(path: Path, notify: Notify) -> Examination:
    """Look at a recording.

    Args:
        path: bag folder, .mcap or .db3 file.
        notify: told the frames read so far.

    Raises:
        PerceptionError: it is no recording.
    """
    scan = Scan(path)
    interrupted = False
    try:
        scan.read(progress=notify)
    except KeyboardInterrupt:
        interrupted = True
    return Examination(f'looked at {path}', in_order(recording_findings(scan)), interrupted)


def recording_findings(scan: Scan) -> Iterator[Finding]:
    """Judge a recording that was read."""
    where = str(scan.path)
    for damage in scan.damage:
        yield told('damage', where, damage)
    for sentence in bag_findings(scan):
        yield told('recording', where, sentence)
    for topic, camera in sorted(scan.cameras.items()):
        figures = camera.figures(scan.start_ns or 0)
        for sentence in camera_findings(camera, figures):
            # That one is of the machine that plays it.
            level = Level.NOTE if 'shared memory' in sentence else Level.WRONG
            yield told('frames', topic, sentence, level)
        looks = ', '.join((*camera.sizes, *camera.encodings))
        rate = f' at {figures.rate.median_hz:.1f} Hz' if figures.rate else ''
        yield fine('recorded', topic, f'{figures.messages} frames{rate}, {looks}')


def _watch(query: Query, seconds: float, notify: Notify) -> tuple[GraphFacts, bool]:
    from mobilenet_perception.tools.doctor.ros.graph import open_watch  # noqa: PLC0415 (ROS)

    interrupted = False
    with open_watch(query) as watch:
        try:
            watch.discover()
            watch.look(seconds, lambda left: notify(math.floor(seconds - left)))
        except KeyboardInterrupt:
            interrupted = True
        return watch.facts(), interrupted


def _headline(graph: GraphFacts | None) -> str:
    if graph is None:
        return 'looked at this machine'
    nodes = ', '.join(node.name for node in graph.nodes) or 'no classifier'
    topics = ', '.join(topic.name for topic in graph.topics) or 'no camera topic'
    return (
        f'looked for {graph.seconds:g} s at ROS domain {graph.domain} ({graph.middleware}): '
        f'{nodes}; {topics}'
    )
