# SPDX-License-Identifier: Apache-2.0
"""`benchmark`: how fast a bundle is on this machine, alone and end to end over DDS."""

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mobilenet_perception.benchmark import comparison
from mobilenet_perception.benchmark.arguments import add_arguments, read_settings
from mobilenet_perception.benchmark.measure import measure
from mobilenet_perception.benchmark.report import Report, read_report
from mobilenet_perception.benchmark.submission import submission
from mobilenet_perception.benchmark.tables import changes_text, report_text
from mobilenet_perception.bundle import load_bundle
from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.files import write_atomically
from mobilenet_perception.runtimes import create_runtime

__all__ = ['add_arguments', 'run']


def run(arguments: argparse.Namespace) -> int:
    """Measure, print the tables, write the JSON and compare.

    Raises:
        PerceptionError: the bundle is unsound, an argument makes no sense, or the node failed;
            what was measured until then has been printed.
    """
    settings = read_settings(arguments)
    bundle = load_bundle(settings.bundle)
    variants = bundle.manifest.variants
    versions = {name: create_runtime(name).version for name in settings.runtimes}
    old = _old_report(arguments, versions, [variant.name for variant in variants])
    if arguments.json:
        _check_writable(arguments.json)
    report = Report(settings, bundle, versions)
    report.skipped = '--no-ros was given' if arguments.no_ros else ''
    try:
        measure(settings, variants, report, _say)
    except KeyboardInterrupt:
        report.interrupted = True
    except PerceptionError:
        print(report_text(report.to_json()))
        raise
    values = report.to_json()
    print(report_text(values))
    if arguments.submit_table:
        print(f'\nrows for docs/devices.md:\n{submission(values)}')
    if arguments.json:
        write_atomically(arguments.json, json.dumps(values, indent=1) + '\n')
    if report.interrupted:
        print('interrupted', file=sys.stderr)
        return 130
    return 0 if old is None else _compare(old, values, arguments)


def _old_report(
    arguments: argparse.Namespace, versions: Mapping[str, str], variants: Sequence[str]
) -> dict[str, Any] | None:
    """Read the report to compare with, before minutes of measuring."""
    if arguments.compare is None:
        return None
    old = read_report(arguments.compare)
    comparison.check_common_variants(old, versions, variants)
    return old


def _check_writable(path: Path) -> None:
    """Find out before minutes of measuring that the result cannot be written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise PerceptionError(f'{path} cannot be written: name a file in a folder of yours')


def _compare(old: Mapping[str, Any], new: Mapping[str, Any], arguments: argparse.Namespace) -> int:
    changes = comparison.compare(old, new)
    print(f'\ncompared with {arguments.compare}, measured {old.get("measured_at")}')
    print(changes_text(changes))
    absent = comparison.missing(old, new)
    notes = comparison.differences(old, new)
    notes += [f'not measured now: {", ".join(absent)}'] if absent else []
    for note in notes:
        print(f'note: {note}')
    allowed = (arguments.fail_above, arguments.fail_above_p99)
    failed = comparison.failures(changes, *allowed)
    # A build must not pass because ROS 2 has gone from its machine.
    if any(allowed) and absent and new['skipped'] and not arguments.no_ros:
        failed.append(f'nothing was measured end to end: {new["skipped"]}')
    for failure in failed:
        print(f'error: {failure}', file=sys.stderr)
    return 1 if failed else 0


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
