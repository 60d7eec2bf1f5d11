# SPDX-License-Identifier: Apache-2.0
"""`demo`: a drawn drive, or your own input, over real ROS 2."""

import argparse
from pathlib import Path

from mobilenet_perception.commands.common import add_bundle, bundle_path, positive
from mobilenet_perception.commands.video import add_video, make_video
from mobilenet_perception.demo import run_demo
from mobilenet_perception.replay.live_settings import LiveSettings
from mobilenet_perception.sources.open import DRIVE


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
