# SPDX-License-Identifier: Apache-2.0
"""`bag info`: what a recording holds, and what the node would make of it."""

import argparse
import json
import sys
from pathlib import Path

from mobilenet_perception.tools.arguments import Progress
from mobilenet_perception.tools.bags.info.scan import Scan
from mobilenet_perception.tools.bags.info.text import info_text
from mobilenet_perception.tools.bags.info.values import info_values


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this action's arguments."""
    parser.add_argument('bag', metavar='BAG', type=Path, help='bag folder, .mcap or .db3 file')
    parser.add_argument('--all', action='store_true', help='decode every frame, not a sample')
    parser.add_argument('--json', action='store_true', help='print JSON')


def run(arguments: argparse.Namespace) -> int:
    """Scan the bag and print what came out; 1 if it is damaged.

    Ctrl-C ends the reading: what was read until then is printed.
    """
    scan = Scan(arguments.bag)
    progress = Progress('camera frames read')
    try:
        scan.read(arguments.all, progress)
    except KeyboardInterrupt:
        scan.interrupted = True
    finally:
        progress.end()
    values = info_values(scan)
    print(json.dumps(values, indent=1) if arguments.json else info_text(values))
    for damage in scan.damage:
        print(f'error: {damage}', file=sys.stderr)
    if scan.interrupted:
        return 130
    return 1 if scan.damage else 0
