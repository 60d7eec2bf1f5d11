# SPDX-License-Identifier: Apache-2.0
"""`replay`: a recording through the classifier, and what came of it."""

import argparse
import json
import math
import sys
from collections.abc import Container, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from mobilenet_perception.commands.common import (
    Progress,
    add_bundle,
    bundle_path,
    load_classifier,
    positive,
    share,
)
from mobilenet_perception.commands.video import add_video, make_video
from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.faults import FAULTS, Faults, parse_fault
from mobilenet_perception.files import write_atomically
from mobilenet_perception.frames import RegionOfInterest
from mobilenet_perception.report.json_report import report
from mobilenet_perception.report.run import Run
from mobilenet_perception.report.text import summary
from mobilenet_perception.sources import Source, open_source

_DEFAULT_BUDGET_MS = 50.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument('bag', metavar='BAG', help='bag folder, .mcap or .db3 file')
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument('--fast', action='store_const', dest='mode', const='fast', default='fast',
                      help='every frame, as fast as it goes (default)')  # fmt: skip
    mode.add_argument('--paced', action='store_const', dest='mode', const='paced',
                      help='at recorded pace, in this process')  # fmt: skip
    mode.add_argument('--ros', action='store_const', dest='mode', const='ros',
                      help='at recorded pace, over DDS to the real node')  # fmt: skip
    add_bundle(parser)
    parser.add_argument('--variant', default='', help='variant to run (default: most accurate)')
    parser.add_argument('--rate', type=positive, metavar='HZ', help='leave out frames above it')
    parser.add_argument('--seconds', type=positive, help='play so much of the bag')
    parser.add_argument(
        '--topic', action='append', default=[], help='camera topic, repeatable (default: all)'
    )
    parser.add_argument(
        '--latency-budget-ms', type=positive, metavar='MS',
        help=f'default: none with --fast, else {_DEFAULT_BUDGET_MS:g}',
    )  # fmt: skip
    parser.add_argument(
        '--roi', type=region, metavar='X,Y,W,H', help='where to look (default: as the labels say)'
    )
    parser.add_argument(
        '--labels', type=Path, metavar='FILE', help="default: labels.json in the bag's folder"
    )
    parser.add_argument(
        '--fault', action='append', default=[], metavar='KIND=VALUE@FROM-TO',
        help='make something go wrong, repeatable, such as slow=4@2-6 or drop=0.5: '
        f'{", ".join(FAULTS)}; not with --ros',
    )  # fmt: skip
    parser.add_argument('--json', type=Path, metavar='FILE', help='write the report as JSON')
    parser.add_argument('--html', type=Path, metavar='FILE', help='write the report as a page')
    add_video(parser)
    parser.add_argument('--min-accuracy', type=share, metavar='SHARE',
                        help='exit 1 if fewer of the clear frames are right')  # fmt: skip
    parser.add_argument('--min-on-time', type=share, metavar='SHARE',
                        help='exit 1 if fewer frames are on time')  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Replay, write the reports and print the summary."""
    played = _play(arguments)
    values = report(played)
    if arguments.json:
        write_atomically(arguments.json, json.dumps(values, indent=1) + '\n')
    if arguments.html:
        from mobilenet_perception.replay.second_look import worst_pictures  # noqa: PLC0415
        from mobilenet_perception.report.html import page  # noqa: PLC0415

        worst = worst_pictures(values, partial(_open, arguments))
        write_atomically(arguments.html, page(values, played.thumbnails, worst))
    print(summary(values))
    make_video(arguments.video, played, partial(_open, arguments))
    failures = _failures(values, arguments.min_accuracy, arguments.min_on_time)
    for failure in failures:
        print(f'error: {failure}', file=sys.stderr)
    if played.interrupted:
        return 130
    return 1 if failures else 0


def region(text: str) -> RegionOfInterest:
    """Read `x,y,width,height` in pixels."""
    try:
        x, y, width, height = (int(part) for part in text.split(','))
    except ValueError:
        x, y, width, height = 0, 0, 0, 0
    if min(x, y) < 0 or min(width, height) < 1:
        raise argparse.ArgumentTypeError(
            f'must be x,y,width,height in pixels, such as 200,40,96,96; it is {text}'
        )
    return RegionOfInterest(x, y, width, height)


def _play(arguments: argparse.Namespace) -> Run:
    budget_ms = arguments.latency_budget_ms
    faults = Faults([parse_fault(text) for text in arguments.fault])
    if arguments.mode == 'ros' and arguments.fault:
        raise PerceptionError('--fault is for replays in this process: use --paced')
    if arguments.mode == 'ros':
        from mobilenet_perception.replay.live import play_live  # noqa: PLC0415
        from mobilenet_perception.replay.live_settings import LiveSettings  # noqa: PLC0415

        return play_live(
            LiveSettings(
                source=arguments.bag,
                bundle=bundle_path(arguments),
                latency_budget_ms=budget_ms or _DEFAULT_BUDGET_MS,
                rate_hz=arguments.rate,
                seconds=arguments.seconds,
                topics=tuple(arguments.topic),
                labels=arguments.labels,
                roi=arguments.roi,
                variant=arguments.variant,
                runtime=arguments.runtime,
                threads=arguments.threads,
            )
        )
    from mobilenet_perception.replay.in_process import (  # noqa: PLC0415
        ReplaySettings,
        play_fast,
        play_paced,
    )

    source = _open(arguments)
    classifier = load_classifier(arguments, faults)
    play = play_fast if arguments.mode == 'fast' else play_paced
    default_ms = math.inf if arguments.mode == 'fast' else _DEFAULT_BUDGET_MS
    settings = ReplaySettings(budget_ms or default_ms, arguments.roi, arguments.variant, faults)
    progress = Progress('frames played')
    try:
        return play(classifier, source, settings, progress)
    finally:
        progress.end()


def _open(arguments: argparse.Namespace, stamps: Container[int] | None = None) -> Source:
    return open_source(
        arguments.bag,
        rate_hz=arguments.rate,
        seconds=arguments.seconds,
        topics=arguments.topic,
        labels_file=arguments.labels,
        stamps=stamps,
    )


def _failures(
    values: Mapping[str, Any], min_accuracy: float | None, min_on_time: float | None
) -> list[str]:
    found = []
    if min_accuracy is not None:
        accuracy = values['accuracy']
        if accuracy is None:
            found.append('no frame has a known, clear truth: --min-accuracy needs labels')
        elif accuracy < min_accuracy:
            found.append(f'accuracy is {accuracy:.4f}, below the {min_accuracy:g} asked for')
    if min_on_time is not None:
        on_time = values['outcomes']['on_time'] / max(1, values['received'] + values['lost'])
        if on_time < min_on_time:
            found.append(f'{on_time:.4f} of the frames were on time, below {min_on_time:g}')
    return found
