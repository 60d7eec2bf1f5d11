# SPDX-License-Identifier: Apache-2.0
"""`benchmark`: how fast a bundle is on this machine, alone and end to end over DDS."""

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.inference.bundle import load_bundle
from mobilenet_perception.inference.runtimes import create_runtime
from mobilenet_perception.inference.runtimes.choose import AUTO, choose_runtime
from mobilenet_perception.pipeline.parameters import NODE_PARAMETERS, camera_parameters, refusal
from mobilenet_perception.system.files import write_atomically
from mobilenet_perception.tools.arguments import bundle_path, positive, whole
from mobilenet_perception.tools.benchmark import comparison
from mobilenet_perception.tools.benchmark import report as reports
from mobilenet_perception.tools.benchmark.measure import measure
from mobilenet_perception.tools.benchmark.settings import BenchmarkSettings, SearchSettings
from mobilenet_perception.tools.replay.settings import BUDGET_MS, ReplaySettings

_QUICK_SECONDS = 2.0
_QUICK_RUNS = 50
_MOST_CAMERAS = 16
_SIDES = range(16, 8193)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    normal = BenchmarkSettings()
    parser.add_argument(
        'bundle', nargs='?', type=Path, metavar='BUNDLE',
        help='folder of the model bundle (default: the built-in one)',
    )  # fmt: skip
    parser.add_argument('--runtime', action='append', default=[],
                        help='inference runtime, repeatable (auto: tensorrt where it can run, '
                        'else onnxruntime)')  # fmt: skip
    parser.add_argument(
        '--threads', type=whole, default=1, help='CPU threads of one inference (%(default)s)'
    )
    parser.add_argument('--no-ros', action='store_true', help='only each variant alone')
    parser.add_argument('--latency-budget-ms', type=positive, metavar='MS',
                        default=BUDGET_MS, help='%(default)g')  # fmt: skip
    parser.add_argument('--size', type=size, metavar='WxH', default=(normal.width, normal.height),
                        help='of the frames, in pixels (640x480)')  # fmt: skip
    parser.add_argument('--seconds', type=positive,
                        help=f'of each trial ({normal.seconds:g}; with --quick '
                        f'{_QUICK_SECONDS:g})')  # fmt: skip
    parser.add_argument('--rates', type=rates, metavar='HZ,HZ', default=normal.rates_hz,
                        help='of the one camera whose latency is measured (10,30,60)')  # fmt: skip
    parser.add_argument('--cameras', type=counts, metavar='N,N', default=normal.cameras,
                        help='numbers of cameras at 30 Hz each (1,2,4)')  # fmt: skip
    parser.add_argument('--regions', type=region_count, metavar='N', default=normal.regions,
                        help='end to end, give each frame so many regions to look at '
                        '(default: none)')  # fmt: skip
    parser.add_argument('--highest-rate', type=positive, metavar='HZ',
                        default=normal.search.highest_hz,
                        help='search the rate held up to this (%(default)g)')  # fmt: skip
    parser.add_argument('--quick', action='store_true', help='short trials, for CI')
    parser.add_argument('--json', type=Path, metavar='FILE', help='write the figures as JSON')
    parser.add_argument('--submit-table', action='store_true',
                        help='print rows for the table of devices, docs/devices.md')  # fmt: skip
    parser.add_argument('--compare', type=Path, metavar='OLD.json',
                        help='print the change since an earlier --json')  # fmt: skip
    parser.add_argument(
        '--fail-above', type=positive, metavar='PERCENT',
        help='exit 1 if a median latency or the rate held got worse by more',
    )  # fmt: skip
    parser.add_argument('--fail-above-p99', type=positive, metavar='PERCENT',
                        help='exit 1 if a 99th percentile did')  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Measure, print the tables, write the JSON and compare.

    Raises:
        PerceptionError: the bundle is unsound, an argument makes no sense, or the node failed;
            what was measured until then has been printed.
    """
    settings = read_settings(arguments)
    bundle = load_bundle(settings.node.bundle)
    variants = bundle.manifest.variants
    versions = {name: create_runtime(name).version for name in settings.runtimes}
    old = _old_report(arguments, versions, [variant.name for variant in variants])
    if arguments.json:
        _check_writable(arguments.json)
    report = reports.Report(settings, bundle, versions)
    report.skipped = '--no-ros was given' if arguments.no_ros else ''
    try:
        measure(settings, variants, report)
    except KeyboardInterrupt:
        report.interrupted = True
    except PerceptionError:
        print(reports.report_text(report.to_json()))
        raise
    values = report.to_json()
    print(reports.report_text(values))
    if arguments.submit_table:
        print(f'\nrows for docs/devices.md:\n{reports.submission(values)}')
    if arguments.json:
        write_atomically(arguments.json, json.dumps(values, indent=1) + '\n')
    if report.interrupted:
        print('interrupted', file=sys.stderr)
        return 130
    return 0 if old is None else _compare(old, values, arguments)


def read_settings(arguments: argparse.Namespace) -> BenchmarkSettings:
    """Return what to measure.

    Raises:
        PerceptionError: an argument makes no sense.
    """
    if arguments.compare is None and (arguments.fail_above or arguments.fail_above_p99):
        raise PerceptionError('--fail-above needs an earlier report: name it with --compare')
    if arguments.regions and arguments.no_ros:
        raise PerceptionError('--regions is measured end to end: leave out --no-ros')
    limited = {
        'latency_budget_ms': arguments.latency_budget_ms, 'runtime_threads': arguments.threads,
    }  # fmt: skip
    for name, given in limited.items():
        if reason := refusal(name, NODE_PARAMETERS[name], given):
            raise PerceptionError(reason)
    normal = BenchmarkSettings()
    quick = arguments.quick
    seconds = arguments.seconds or (_QUICK_SECONDS if quick else normal.seconds)
    search = SearchSettings(highest_hz=arguments.highest_rate)
    search = search._replace(
        lowest_hz=min(search.lowest_hz, search.highest_hz),
        seconds=min(seconds, search.seconds),
    )
    if quick:
        short = min(seconds, search.seconds / 3)
        search = search._replace(ratio=1.25, seconds=short, confirm_frames=0)
    width, height = arguments.size
    return BenchmarkSettings(
        node=ReplaySettings(
            bundle=bundle_path(arguments),
            mode='ros',
            latency_budget_ms=arguments.latency_budget_ms,
            threads=arguments.threads,
        ),
        runtimes=tuple(
            dict.fromkeys(
                choose_runtime().name if name == AUTO else name
                for name in arguments.runtime or [AUTO]
            )
        ),
        width=width,
        height=height,
        seconds=seconds,
        runs=_QUICK_RUNS if quick else normal.runs,
        rates_hz=arguments.rates,
        cameras=arguments.cameras,
        search=search,
        regions=arguments.regions,
    )


def _old_report(
    arguments: argparse.Namespace, versions: Mapping[str, str], variants: Sequence[str]
) -> dict[str, Any] | None:
    """Read the report to compare with, before minutes of measuring."""
    if arguments.compare is None:
        return None
    old = reports.read_report(arguments.compare)
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
    print(reports.changes_text(changes))
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


def size(text: str) -> tuple[int, int]:
    """Read `WxH` in pixels."""
    try:
        width, height = (int(part) for part in text.split('x'))
    except ValueError:
        width = height = 0
    if width not in _SIDES or height not in _SIDES:
        raise argparse.ArgumentTypeError(
            f'must be WIDTHxHEIGHT in pixels, each {_SIDES[0]} to {_SIDES[-1]}, such as 640x480; '
            f'it is {text}'
        )
    return width, height


def region_count(text: str) -> int:
    """Read a number of regions that a frame may have."""
    count = whole(text)
    most = camera_parameters('camera')['camera.regions_most'].maximum
    if most is not None and count > most:
        raise argparse.ArgumentTypeError(f'must be at most {most:g}; it is {text}')
    return count


def rates(text: str) -> tuple[float, ...]:
    """Read rates in Hz, with commas between."""
    return tuple(sorted({positive(part) for part in text.split(',')}))


def counts(text: str) -> tuple[int, ...]:
    """Read numbers of cameras, with commas between."""
    found = tuple(sorted({whole(part) for part in text.split(',')}))
    if found[-1] > _MOST_CAMERAS:
        raise argparse.ArgumentTypeError(f'must be at most {_MOST_CAMERAS} each; it is {text}')
    return found
