# SPDX-License-Identifier: Apache-2.0
"""Examinations: gather the facts of a graph or a recording, judge them, put findings in order."""

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from mobilenet_perception.inference.bundle import default_bundle_path
from mobilenet_perception.inference.runtimes import RUNTIMES
from mobilenet_perception.inference.runtimes.choose import ON_CPU
from mobilenet_perception.tools.bags.info.findings import bag_findings, camera_findings
from mobilenet_perception.tools.bags.info.scan import Scan
from mobilenet_perception.tools.doctor.checks import graph_findings, in_order, machine_findings
from mobilenet_perception.tools.doctor.facts import GraphFacts, Query
from mobilenet_perception.tools.doctor.finding import Finding, Level, fine, told
from mobilenet_perception.tools.doctor.machine import Machine, load_bundles

# Told a count, a few times a second.
Notify = Callable[[int], None]


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


def examine_graph(asked: Query, seconds: float, notify: Notify) -> Examination:
    """Look at the ROS graph of this process's domain, and at this machine.

    Args:
        asked: what to look at.
        seconds: how long.
        notify: told the seconds that have passed.

    Raises:
        PerceptionError: the default bundle is not installed.
    """
    machine = Machine()
    graph, interrupted = None, False
    if machine.has_ros:
        graph, interrupted = _watch(asked, seconds, notify)
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
        yield told(Level.WRONG, 'damage', where, damage)
    for sentence in bag_findings(scan):
        yield told(Level.WRONG, 'recording', where, sentence)
    for topic, camera in sorted(scan.cameras.items()):
        figures = camera.figures(scan.start_ns or 0)
        for sentence in camera_findings(camera, figures):
            # That one is of the machine that plays it.
            level = Level.NOTE if 'shared memory' in sentence else Level.WRONG
            yield told(level, 'frames', topic, sentence)
        looks = ', '.join((*camera.sizes, *camera.encodings))
        rate = f' at {figures.rate.median_hz:.1f} Hz' if figures.rate else ''
        yield fine('recorded', topic, f'{figures.messages} frames{rate}, {looks}')


def _watch(asked: Query, seconds: float, notify: Notify) -> tuple[GraphFacts, bool]:
    from mobilenet_perception.tools.doctor.ros.watch import open_watch  # noqa: PLC0415 (ROS)

    interrupted = False
    with open_watch(asked) as watch:
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
