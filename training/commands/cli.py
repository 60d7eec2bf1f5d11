# SPDX-License-Identifier: Apache-2.0
"""The commands of `python -m training`."""

import os
from collections.abc import Sequence

from mobilenet_perception.tools.command_line import Command, CommandLine, run_command_line

PROGRAM = CommandLine(
    prog='python -m training',
    description='Train MobileNet classifiers and make bundles of them.',
    package='training.commands',
    commands={
        'inspect': Command(
            'inspect',
            'look at a data set: counts, damage, duplicates, leaks between the parts',
        ),
        'fit': Command('fit', 'train one or several networks; resumes what was interrupted'),
        'evaluate': Command(
            'evaluate', 'calibrate a run, measure it on held-out images, and report'
        ),
        'predict': Command('predict', 'label images with a run or a bundle'),
        'mine': Command('mine', 'find what a network is wrongly sure of, to train on'),
        'compare': Command('compare', 'put runs into one table and plots'),
        'sweep': Command('sweep', 'search settings, on this machine or a Ray cluster'),
        'export': Command('export', 'write the ONNX graph of a run'),
        'quantize': Command('quantize', 'write INT8 and FP16 graphs of a run'),
        'bundle': Command(
            'bundle',
            'make a model bundle, a ladder of variants, of runs; `bundle import`: of other models',
            {
                'import': Command(
                    'import_command',
                    'make a bundle of Keras, SavedModel, TensorFlow Lite or ONNX models',
                ),
            },
        ),
    },
    interrupted='stopped; the same command resumes',
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status."""
    # TensorFlow's remarks about the machine are not for the user.
    os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '2')
    return run_command_line(PROGRAM, arguments)
