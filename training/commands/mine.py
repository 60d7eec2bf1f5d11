# SPDX-License-Identifier: Apache-2.0
"""`mine`: find in pictures that show nothing what a network is wrongly sure of."""

import argparse
from collections import Counter
from pathlib import Path

from mobilenet_perception.tools.arguments import share, whole
from mobilenet_perception.tools.terminal import Progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument('network', type=Path, metavar='RUN', help='evaluated run, or bundle')
    parser.add_argument(
        'images', type=Path, nargs='+', metavar='IMAGE',
        help='files and folders of pictures that show none of the labels',
    )  # fmt: skip
    parser.add_argument(
        '-o', '--output', type=Path, required=True, metavar='FOLDER',
        help='the windows go here, to train on; what was there is replaced',
    )  # fmt: skip
    parser.add_argument(
        '--windows', type=whole, default=24, help='to look at in each picture (%(default)s)'
    )
    parser.add_argument(
        '--least', type=share, default=0.5, metavar='SCORE',
        help='score from which a window is kept (%(default)s)',
    )  # fmt: skip
    parser.add_argument(
        '--most', type=whole, default=3, help='windows to keep of a picture (%(default)s)'
    )
    parser.add_argument(
        '--nothing', default='', metavar='LABEL',
        help='label of what shows nothing (default: background)',
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Look, and write what was found.

    Raises:
        TrainingError: there is no network, no picture, or no label for nothing.
    """
    from training.evaluation import mining, predict  # noqa: PLC0415

    settings = mining.Mining(options.windows, options.least, options.most)
    if options.nothing:
        settings = settings._replace(nothing=options.nothing)
    network = predict.open_network(options.network)
    files = predict.find_images(options.images)
    found: list[mining.Mined] = []
    with Progress('pictures looked at', len(files)) as progress:
        for number, mined in enumerate(mining.mine(network, files, settings), start=1):
            found += mined
            progress(number)
    print(f'{len(files)} pictures, {len(found)} windows found')
    if not found:
        print(f'no window of them is taken for anything with {settings.least:g} or more')
        return 0
    mining.write_mined(options.output, found)
    for label, count in Counter(one.label for one in found).most_common():
        print(f'{count:6d} taken for {label}')
    print(f'look at {options.output} and remove what does show a label, then train with it')
    return 0
