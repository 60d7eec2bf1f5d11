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
        'bag': 'write an image folder, a video or a drawn drive as a rosbag2 bag',
        'replay': 'run a bag through the classifier and report labels, timing and accuracy',
        'watch': 'show what a running node does, a line for each camera, live',
        'demo': 'classify a drawn drive, or your own input, over real ROS 2',
    },
    version=__version__,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status."""
    return run_command_line(PROGRAM, arguments)
