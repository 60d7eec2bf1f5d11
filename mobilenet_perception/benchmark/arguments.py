# SPDX-License-Identifier: Apache-2.0
"""The arguments of `benchmark`, and the settings that they give."""

import argparse
from pathlib import Path

from mobilenet_perception.benchmark.rate_search import SearchSettings
from mobilenet_perception.benchmark.settings import Settings
from mobilenet_perception.commands.common import bundle_path, positive, whole
from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.parameters import NODE_PARAMETERS, refusal

_QUICK_SECONDS = 2.0
_QUICK_RUNS = 50
_MOST_CAMERAS = 16
_SIDES = range(16, 8193)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    normal = Settings(Path())
    parser.add_argument(
        'bundle', nargs='?', type=Path, metavar='BUNDLE',
        help='folder of the model bundle (default: the built-in one)',
    )  # fmt: skip
    parser.add_argument('--runtime', action='append', default=[],
                        help='inference runtime, repeatable (onnxruntime)')  # fmt: skip
    parser.add_argument(
        '--threads', type=whole, default=1, help='CPU threads of one inference (%(default)s)'
    )
    parser.add_argument('--no-ros', action='store_true', help='only each variant alone')
    parser.add_argument('--latency-budget-ms', type=positive, metavar='MS',
                        default=normal.latency_budget_ms, help='%(default)g')  # fmt: skip
    parser.add_argument('--size', type=size, metavar='WxH', default=(normal.width, normal.height),
                        help='of the frames, in pixels (640x480)')  # fmt: skip
    parser.add_argument('--seconds', type=positive,
                        help=f'of each trial ({normal.seconds:g}; with --quick '
                        f'{_QUICK_SECONDS:g})')  # fmt: skip
    parser.add_argument('--rates', type=rates, metavar='HZ,HZ', default=normal.rates_hz,
                        help='of the one camera whose latency is measured (10,30,60)')  # fmt: skip
    parser.add_argument('--cameras', type=counts, metavar='N,N', default=normal.cameras,
                        help='numbers of cameras at 30 Hz each (1,2,4)')  # fmt: skip
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


def read_settings(arguments: argparse.Namespace) -> Settings:
    """Return what to measure.

    Raises:
        PerceptionError: an argument makes no sense.
    """
    if arguments.compare is None and (arguments.fail_above or arguments.fail_above_p99):
        raise PerceptionError('--fail-above needs an earlier report: name it with --compare')
    for name in ('latency_budget_ms', 'runtime_threads'):
        given = getattr(arguments, name.removeprefix('runtime_'))
        if reason := refusal(name, NODE_PARAMETERS[name], given):
            raise PerceptionError(reason)
    normal = Settings(Path())
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
    return Settings(
        bundle=bundle_path(arguments),
        runtimes=tuple(dict.fromkeys(arguments.runtime)) or normal.runtimes,
        threads=arguments.threads,
        latency_budget_ms=arguments.latency_budget_ms,
        width=width,
        height=height,
        seconds=seconds,
        runs=_QUICK_RUNS if quick else normal.runs,
        rates_hz=arguments.rates,
        cameras=arguments.cameras,
        search=search,
    )


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


def rates(text: str) -> tuple[float, ...]:
    """Read rates in Hz, with commas between."""
    return tuple(sorted({positive(part) for part in text.split(',')}))


def counts(text: str) -> tuple[int, ...]:
    """Read numbers of cameras, with commas between."""
    found = tuple(sorted({whole(part) for part in text.split(',')}))
    if found[-1] > _MOST_CAMERAS:
        raise argparse.ArgumentTypeError(f'must be at most {_MOST_CAMERAS} each; it is {text}')
    return found
