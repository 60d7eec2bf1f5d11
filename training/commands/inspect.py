# SPDX-License-Identifier: Apache-2.0
"""`inspect`: look at a data set before training on it."""

import argparse
from pathlib import Path

from mobilenet_perception.tools.arguments import add_significant_bits
from training.configuration.file import DATA_FROM, default_data
from training.configuration.settings import Data
from training.data.readers.by_name import READERS, read


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument(
        'data', nargs='?', type=Path, default=default_data(), metavar='DATA',
        help=f'(default: ${DATA_FROM}, or a folder beside the checkout)',
    )  # fmt: skip
    parser.add_argument('--reader', default='auto', help=f'{", ".join(READERS)} (default: auto)')
    add_significant_bits(parser)
    parser.add_argument('-o', '--output', type=Path, help='folder for plots and a page')


def run(options: argparse.Namespace) -> int:
    """Print what was found, and write plots and a page.

    Raises:
        TrainingError: the data cannot be read at all.
    """
    from training.data.inspection.inspection import inspect_data, print_inspection  # noqa: PLC0415
    from training.data.inspection.write import write_inspection  # noqa: PLC0415

    settings = Data(reader=options.reader, significant_bits=options.significant_bits)
    data_set = read(options.reader, options.data, options.significant_bits)
    found = inspect_data(data_set, settings)
    print_inspection(found)
    if options.output:
        print(f'page: {write_inspection(found, data_set, options.output)}')
    return 0
