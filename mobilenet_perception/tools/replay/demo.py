# SPDX-License-Identifier: Apache-2.0
"""`demo`: a camera stream over DDS to the real node, followed live, and reported."""

import argparse
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from mobilenet_perception.pipeline.timing import Outcome, percentiles
from mobilenet_perception.recordings.open import DRIVE
from mobilenet_perception.tools.arguments import positive
from mobilenet_perception.tools.replay.live import play_live
from mobilenet_perception.tools.replay.reporting import add_video, finish, in_folder
from mobilenet_perception.tools.replay.settings import add_node, settings_of
from mobilenet_perception.tools.report import pages
from mobilenet_perception.tools.terminal import notify

if TYPE_CHECKING:
    from mobilenet_perception.ros.listener import Listener


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument(
        'input', nargs='?', default=DRIVE, metavar='INPUT',
        help='video, image folder or bag (default: a drawn drive)',
    )  # fmt: skip
    parser.add_argument('--out', type=Path, default=Path('out/demo'), help='folder (%(default)s)')
    parser.add_argument('--seconds', type=positive, help='play so much (default: 30 s of a drive)')
    parser.add_argument(
        '--rate', type=positive, metavar='HZ', help="default: the input's, else 30"
    )
    add_node(parser)
    add_video(parser)


def run(arguments: argparse.Namespace) -> int:
    """Play to the node, print a line each second, and write the reports.

    When a person interrupts it, the reports are written all the same.

    Raises:
        PerceptionError: the node did not answer, or what writes the page is not installed.
    """
    pages.require_jinja2()
    settings = settings_of(
        arguments,
        source=arguments.input,
        mode='ros',
        rate_hz=arguments.rate,
        seconds=arguments.seconds,
    )
    files = in_folder(arguments.out, arguments.video)
    played = play_live(settings, print_second, arguments.out, notify)
    print()
    finish(played, files, settings.open)
    return 130 if played.interrupted else 0


def print_second(seconds: float, listener: 'Listener') -> None:
    """Print what the node said in the last second: a line for each camera."""
    decisions = {camera: found.label for camera, found in listener.decisions.items()}
    decisions |= {
        camera: ', '.join(f'{thing.id} {thing.decision.label}'.strip() for thing in things)
        for camera, things in listener.things.items()
    }
    for camera, decision in decisions.items():
        print(f'{seconds:3.0f} s  {second_line(camera, listener, decision)}', flush=True)


def second_line(camera: str, listener: 'Listener', decision: str) -> str:
    """Return the best label now, its decision, ages of the last second, outcomes so far."""
    records = [record for (name, _), record in listener.records.items() if name == camera]
    ages = percentiles(
        record.age_ms
        for record in records[-30:]
        if record.age_ms is not None and record.outcome is Outcome.ON_TIME
    )
    latest = max((key for key in listener.labels if key[0] == camera), default=None)
    top = listener.labels[latest][0] if latest else None
    label = f'{top.label} {top.score:.2f}' if top else 'no label'
    age = f'age p50 {ages.p50:4.1f} p99 {ages.p99:5.1f} ms' if ages else 'no frame on time'
    counts = Counter(record.outcome for record in records)
    outcomes = ', '.join(f'{counts[outcome]} {outcome}' for outcome in Outcome if counts[outcome])
    return f'{camera}: {label:<28} decision {decision:<21} {age}   {outcomes}'
