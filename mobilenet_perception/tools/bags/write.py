# SPDX-License-Identifier: Apache-2.0
"""`bag write`: write a source of frames as a rosbag2 recording."""

import argparse
from pathlib import Path

from mobilenet_perception.recordings import BagOptions, open_source, write_bag
from mobilenet_perception.tools.arguments import add_significant_bits, positive
from mobilenet_perception.tools.terminal import Progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument(
        'source', metavar='SOURCE', help='image folder, video file, bag, or the word drive'
    )
    parser.add_argument('bag', metavar='BAG', type=Path, help='folder to write')
    parser.add_argument('--rate', type=positive, metavar='HZ', help="frames a second (default: "
                        "the video's or bag's own, else 30)")  # fmt: skip
    parser.add_argument('--seconds', type=positive, help='write so much of the source')
    parser.add_argument('--storage', choices=('mcap', 'sqlite3'), default='mcap')
    parser.add_argument(
        '--transport', choices=('raw', 'compressed'), help='pixels or JPEG (default: as they come)'
    )
    add_significant_bits(parser)
    parser.add_argument('--topic', default='', help="topic to write to (default: the source's)")
    parser.add_argument('--force', action='store_true', help='replace the bag that is there')


def run(arguments: argparse.Namespace) -> int:
    """Write the bag."""
    source = open_source(
        arguments.source,
        rate_hz=arguments.rate,
        seconds=arguments.seconds,
        significant_bits=arguments.significant_bits,
    )
    options = BagOptions(arguments.storage, arguments.transport, arguments.topic, arguments.force)
    with Progress('frames written') as progress:
        frames = write_bag(source, arguments.bag, options, progress)
    print(f'{arguments.bag}: {frames} frames')
    return 0
