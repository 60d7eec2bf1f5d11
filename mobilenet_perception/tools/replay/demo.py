# SPDX-License-Identifier: Apache-2.0
"""The demo: a camera stream over DDS to the real node, followed live, and reported.

`demo`: a drawn drive, or your own input, over real ROS 2.
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from mobilenet_perception.pipeline.timing import Outcome, percentiles
from mobilenet_perception.recordings.open import DRIVE
from mobilenet_perception.system.files import write_atomically
from mobilenet_perception.tools.arguments import add_bundle, bundle_path, positive
from mobilenet_perception.tools.replay.live import play_live
from mobilenet_perception.tools.replay.live_settings import LiveSettings
from mobilenet_perception.tools.replay.video.arguments import add_video, make_video
from mobilenet_perception.tools.report import pages
from mobilenet_perception.tools.report.json_report import report
from mobilenet_perception.tools.report.run import Run
from mobilenet_perception.tools.report.run_page import run_page
from mobilenet_perception.tools.report.tables import summary
from mobilenet_perception.tools.report.thumbnails import worst_pictures

if TYPE_CHECKING:
    from mobilenet_perception.ros.listener import Listener


def run_demo(settings: LiveSettings, out: Path) -> Run:
    """Play to the node, print a line each second, and write `report.json` and `report.html`.

    Returns:
        What was seen; when it was interrupted, the reports are written all the same.

    Raises:
        PerceptionError: the node did not answer.
    """
    run = play_live(settings, print_second, out, notify=_notify)
    values = report(run)
    write_atomically(out / 'report.json', json.dumps(values, indent=1) + '\n')
    worst = worst_pictures(values, settings.open)
    write_atomically(out / 'report.html', run_page(values, run.thumbnails, worst))
    print(f'\n{summary(values)}\n\nreport: {out / "report.html"} and {out / "report.json"}')
    return run


def _notify(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def print_second(seconds: float, listener: 'Listener') -> None:
    """Print what the node said in the last second: a line for each camera."""
    for camera, decision in listener.decisions.items():
        print(f'{seconds:3.0f} s  {second_line(camera, listener, decision.label)}', flush=True)


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
    parser.add_argument(
        '--latency-budget-ms', type=positive, default=50.0, metavar='MS', help='%(default)s'
    )
    add_bundle(parser)
    add_video(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the demo."""
    pages.require_jinja2()
    settings = LiveSettings(
        source=arguments.input,
        bundle=bundle_path(arguments),
        latency_budget_ms=arguments.latency_budget_ms,
        rate_hz=arguments.rate,
        seconds=arguments.seconds,
        runtime=arguments.runtime,
        threads=arguments.threads,
    )
    run = run_demo(settings, arguments.out)
    make_video(arguments.video, run, settings.open)
    return 130 if run.interrupted else 0
