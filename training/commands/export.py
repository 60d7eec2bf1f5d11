# SPDX-License-Identifier: Apache-2.0
"""`export`: the ONNX graph of a run."""

import argparse
from pathlib import Path

from mobilenet_perception.system.files import write_atomically
from training.commands.arguments import add_run_data, evaluated
from training.fit.run_folder import Run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument('run_folder', type=Path, metavar='RUN', help='run folder')
    parser.add_argument('-o', '--output', type=Path, required=True, help='ONNX file')
    add_run_data(parser)


def run(options: argparse.Namespace) -> int:
    """Write the calibrated graph, whose parity with Keras has been checked.

    Raises:
        TrainingError: the run is not trained, or the graph differs from Keras.
    """
    one = Run(options.run_folder)
    parity = evaluated(one, options.data).parity
    write_atomically(options.output, one.exported_file.read_bytes())
    print(
        f'exported: {options.output}; on {parity.images} images the same label as Keras, '
        f'probabilities within {parity.largest_difference:.0e}'
    )
    return 0
