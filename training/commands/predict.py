# SPDX-License-Identifier: Apache-2.0
"""`predict`: label images with a run or a bundle."""

import argparse
from pathlib import Path

from mobilenet_perception.system.files import write_atomically
from mobilenet_perception.tools.arguments import add_significant_bits


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument('network', type=Path, metavar='RUN', help='evaluated run, or bundle')
    parser.add_argument('images', type=Path, nargs='+', metavar='IMAGE', help='files and folders')
    parser.add_argument('--top', type=int, default=3, help='labels to give (default: 3)')
    add_significant_bits(parser)
    parser.add_argument('-o', '--output', type=Path, help='CSV file (default: print)')


def run(options: argparse.Namespace) -> int:
    """Print or write the labels; returns 1 if a file cannot be read.

    Raises:
        TrainingError: there is no network, or no image.
    """
    from training.evaluation import predict  # noqa: PLC0415

    top = max(1, options.top)
    session, labels = predict.open_network(options.network)
    images = predict.find_images(options.images)
    rows = list(predict.predict_files(session, labels, images, top, options.significant_bits))
    text = predict.predictions_csv(rows, top)
    if options.output:
        write_atomically(options.output, text)
        print(f'{len(rows)} files: {options.output}')
    else:
        print(text, end='')
    return int(any(row.error for row in rows))
