# SPDX-License-Identifier: Apache-2.0
"""`replay`: recordings through the classifier, what came of them, and whether that is right."""

import argparse
import sys
from pathlib import Path

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.recordings import DRIVE, find_bags, source_of
from mobilenet_perception.tools.arguments import (
    add_bundle,
    add_significant_bits,
    positive,
    region,
    share,
)
from mobilenet_perception.tools.cluster import LOCAL
from mobilenet_perception.tools.regions import add_regions, rules_of
from mobilenet_perception.tools.replay.faults import FAULTS
from mobilenet_perception.tools.replay.play import play
from mobilenet_perception.tools.replay.reporting import add_video, finish, report_files
from mobilenet_perception.tools.replay.settings import BUDGET_MS, ReplaySettings, settings_of
from mobilenet_perception.tools.replay.testing.golden import GOLDEN_SUFFIX
from mobilenet_perception.tools.replay.testing.suite import run_suite
from mobilenet_perception.tools.replay.testing.verdict import Verdict, failures, write_junit
from mobilenet_perception.tools.report import pages
from mobilenet_perception.tools.terminal import Progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add all arguments."""
    parser.add_argument(
        'bag', nargs='+', metavar='BAG', help='bag folder, .mcap or .db3 file, or folder of bags'
    )
    _add_play(parser)
    _add_reports(parser)
    _add_tests(parser)
    _add_several(parser)


def run(arguments: argparse.Namespace) -> int:
    """Replay, write the reports, print what came of it and what is not as expected.

    Raises:
        PerceptionError: arguments do not go together, or the only bag cannot be played.
    """
    settings = read_settings(arguments)
    if arguments.html:
        pages.require_jinja2()
    if len(settings) > 1 or arguments.baseline or arguments.address:
        return run_suite(arguments, settings)
    return _run_one(arguments, settings[0])


def _sources(text: str) -> list[str]:
    """Return what one argument names: the drawn drive, a file or folder, or the bags of one."""
    return [DRIVE] if text == DRIVE else [source_of(bag) for bag in find_bags(Path(text))]


def read_settings(arguments: argparse.Namespace) -> list[ReplaySettings]:
    """Return what to play, and how: one for each bag.

    Raises:
        PerceptionError: arguments do not go together.
    """
    bags = [bag for text in arguments.bag for bag in _sources(text)]
    several = len(bags) > 1 or arguments.baseline or arguments.address
    if arguments.fault and arguments.mode == 'ros':
        raise PerceptionError('--fault is for replays in this process: use --paced')
    if arguments.reliable and arguments.mode != 'ros':
        raise PerceptionError('--reliable is for replays over DDS: add --ros')
    if arguments.address and arguments.mode == 'ros':
        raise PerceptionError('--address is for replays in process: use --fast or --paced')
    for name, file in (('html', arguments.html), ('video', arguments.video)):
        if file and several:
            raise PerceptionError(f'--{name} is for one bag: leave it out, or name one bag')
    if arguments.update and not arguments.expect:
        raise PerceptionError('--update needs to know what to write: add --expect FILE')
    if arguments.fail_if_worse and not arguments.baseline:
        raise PerceptionError('--fail-if-worse compares with a baseline: add --baseline')
    if arguments.expect and len(bags) > 1 and arguments.expect.is_file():
        raise PerceptionError(
            f'{arguments.expect} is the golden file of one bag: for several name a folder, which '
            f'holds <bag>{GOLDEN_SUFFIX} for each'
        )
    return [
        settings_of(
            arguments,
            source=bag,
            mode=arguments.mode,
            rate_hz=arguments.rate,
            seconds=arguments.seconds,
            topics=tuple(arguments.topic),
            labels=arguments.labels,
            roi=arguments.roi,
            significant_bits=arguments.significant_bits,
            variant=arguments.variant,
            faults=tuple(arguments.fault),
            reliable=arguments.reliable,
            regions=tuple(arguments.regions),
            region_rules=rules_of(arguments),
        )
        for bag in bags
    ]


def _run_one(arguments: argparse.Namespace, settings: ReplaySettings) -> int:
    try:
        files = report_files(arguments.json, arguments.html, arguments.video)
        with Progress('frames played') as progress:
            played = play(settings, progress)
        values = finish(played, files, settings.open)
        found = failures(arguments, settings, values, several=False)
    except PerceptionError as error:
        write_junit(arguments.junit, [Verdict(settings.source, 0.0, error=str(error))])
        raise
    write_junit(arguments.junit, [Verdict(settings.source, played.wall_s, tuple(found))])
    for failure in found:
        print(f'error: {failure}', file=sys.stderr)
    if played.interrupted:
        return 130
    return 1 if found else 0


def _add_play(parser: argparse.ArgumentParser) -> None:
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument('--fast', action='store_const', dest='mode', const='fast', default='fast',
                      help='every frame, as fast as it goes (default)')  # fmt: skip
    mode.add_argument('--paced', action='store_const', dest='mode', const='paced',
                      help='at recorded pace, in this process')  # fmt: skip
    mode.add_argument('--ros', action='store_const', dest='mode', const='ros',
                      help='at recorded pace, over DDS to the real node')  # fmt: skip
    parser.add_argument(
        '--reliable', action='store_true', help='with --ros: send again what gets lost over DDS'
    )
    add_bundle(parser)
    parser.add_argument('--variant', default='', help='variant to run (default: most accurate)')
    parser.add_argument('--rate', type=positive, metavar='HZ', help='leave out frames above it')
    parser.add_argument('--seconds', type=positive, help='play so much of the bag')
    parser.add_argument(
        '--topic', action='append', default=[], help='camera topic, repeatable (default: all)'
    )
    parser.add_argument(
        '--latency-budget-ms', type=positive, metavar='MS',
        help=f'default: none with --fast, else {BUDGET_MS:g}',
    )  # fmt: skip
    parser.add_argument(
        '--roi', type=region, metavar='X,Y,W,H', help='where to look (default: as the labels say)'
    )
    add_significant_bits(parser)
    parser.add_argument(
        '--labels', type=Path, metavar='FILE', help="default: labels.json in the bag's folder"
    )
    parser.add_argument(
        '--fault', action='append', default=[], metavar='KIND=VALUE@FROM-TO',
        help='make something go wrong, repeatable, such as slow=4@2-6 or drop=0.5: '
        f'{", ".join(FAULTS)}; not with --ros',
    )  # fmt: skip
    add_regions(parser)


def _add_reports(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--json', type=Path, metavar='FILE', help='write the report as JSON')
    parser.add_argument('--html', type=Path, metavar='FILE', help='write the report as a page')
    add_video(parser)
    parser.add_argument('--junit', type=Path, metavar='FILE',
                        help='write what passed and what failed as JUnit XML')  # fmt: skip


def _add_tests(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--min-accuracy', type=share, metavar='SHARE',
                        help='exit 1 if fewer of the clear frames are right')  # fmt: skip
    parser.add_argument('--min-on-time', type=share, metavar='SHARE',
                        help='exit 1 if fewer frames are on time')  # fmt: skip
    parser.add_argument(
        '--expect', type=Path, metavar='FILE',
        help='exit 1, and show what differs, unless the replay gives what this golden file holds; '
        f'for several bags a folder of <bag>{GOLDEN_SUFFIX}',
    )  # fmt: skip
    parser.add_argument('--update', action='store_true',
                        help='write the golden file instead of comparing with it')  # fmt: skip


def _add_several(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--baseline', type=Path, metavar='BUNDLE',
        help='a bundle, or a report that --json wrote, also of another version of this package: '
        'show what changed for each bag',
    )  # fmt: skip
    parser.add_argument('--fail-if-worse', action='store_true',
                        help='exit 1 if in any bag fewer frames are right or more are missed than '
                        'in the baseline')  # fmt: skip
    parser.add_argument(
        '--address', default='',
        help=f'spread the bags with Ray: over a cluster, as `ray start` names it (HOST:PORT, or '
        f'auto for that of this machine), or over this machine ({LOCAL}): all '
        'machines must see the bags, the bundle and this package under the same paths (default: '
        'one after the other)',
    )  # fmt: skip
