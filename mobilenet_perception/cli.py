# SPDX-License-Identifier: Apache-2.0
"""The commands of `python -m mobilenet_perception`."""

from collections.abc import Sequence

from mobilenet_perception import __version__
from mobilenet_perception.command_line import CommandLine, run_command_line

PROGRAM = CommandLine(
    prog='python -m mobilenet_perception',
    description='Classify camera frames within a latency budget.',
    package='mobilenet_perception.commands',
    commands={
        'classify': 'classify image files, folders or globs',
        'check': 'say whether a model bundle is sound, and measure it here',
        'benchmark': 'measure a bundle here, alone and end to end over DDS',
        'bag': 'write, look at, label or take images out of a rosbag2 bag',
        'replay': 'run a bag through the classifier and report labels, timing and accuracy',
        'watch': 'show what a running node does, a line for each camera, live',
        'simulate': 'drive through a simulated street, and score the decisions sign by sign',
        'build': 'build TensorRT engines of a bundle here, and say which of them pay',
        'engines': 'list, verify or remove the engines that were built on this machine',
        'env': 'tell what is installed and where it runs: send this when something fails',
        'doctor': 'say what is wrong with a running graph, this machine, or a bag',
        'demo': 'classify a drawn drive, or your own input, over real ROS 2',
    },
    version=__version__,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status."""
    return run_command_line(PROGRAM, arguments)
