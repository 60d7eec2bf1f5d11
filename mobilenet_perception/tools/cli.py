# SPDX-License-Identifier: Apache-2.0
"""The commands of `python -m mobilenet_perception`."""

import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from mobilenet_perception import __version__
from mobilenet_perception.ros.interrupts import run_program
from mobilenet_perception.tools.command_line import Command, CommandLine, run_command_line

PROGRAM = CommandLine(
    prog='python -m mobilenet_perception',
    description='Classify camera frames within a latency budget.',
    package='mobilenet_perception.tools',
    commands={
        'classify': Command('bundle.classify', 'classify image files, folders or globs'),
        'check': Command(
            'bundle.check', 'say whether a model bundle is sound, and measure it here'
        ),
        'benchmark': Command(
            'benchmark.command', 'measure a bundle here, alone and end to end over DDS'
        ),
        'bag': Command(
            '',
            'write, look at, label or take images out of a rosbag2 bag',
            {
                'write': Command(
                    'bags.write',
                    'write an image folder, a video or a drawn drive as a rosbag2 bag',
                ),
                'info': Command(
                    'bags.info.command', 'say what a bag holds, and what the node would make of it'
                ),
                'label': Command(
                    'bags.label.command',
                    'write what the frames of a bag show, from a table or as a bundle sees it',
                ),
                'extract': Command(
                    'bags.extract.command', 'take frames out of bags as images to train on'
                ),
            },
        ),
        'replay': Command(
            'replay.command',
            'run a bag through the classifier and report labels, timing and accuracy',
        ),
        'watch': Command(
            'watch.command',
            'show what a running node does, a line for each camera, live',
        ),
        'simulate': Command(
            'simulate.command',
            'drive through a simulated street, and score the decisions sign by sign',
        ),
        'bundle': Command(
            '',
            'make a model bundle of models that you have',
            {
                'import': Command(
                    'bundle.importer.command',
                    'make a bundle of ONNX or TensorFlow Lite models, and prove it',
                ),
            },
        ),
        'build': Command(
            'bundle.build',
            'build TensorRT engines of a bundle here, and say which of them pay',
        ),
        'engines': Command(
            'bundle.engines',
            'list, verify or remove the engines that were built on this machine',
        ),
        'env': Command(
            'doctor.env_command',
            'tell what is installed and where it runs: send this when something fails',
        ),
        'doctor': Command(
            'doctor.command',
            'say what is wrong with a running graph, this machine, or a bag',
        ),
        'demo': Command(
            'replay.demo', 'classify a drawn drive, or your own input, over real ROS 2'
        ),
    },
    version=__version__,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status."""
    return run_command_line(PROGRAM, arguments)


def ros2_run() -> int:
    """Run the command that this executable is named after: `ros2 run mobilenet_perception bag`."""
    # What it starts with `python -m` shall be the installed package, even within a checkout.
    os.environ.setdefault('PYTHONSAFEPATH', '1')
    program = PROGRAM._replace(prog='ros2 run mobilenet_perception')
    words = [Path(sys.argv[0]).name, *sys.argv[1:]]
    return run_program(partial(run_command_line, program, words))
