# SPDX-License-Identifier: Apache-2.0
"""The command line: which command, and what its errors become."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from mobilenet_perception import __version__
from mobilenet_perception.errors import PerceptionError

# Each is a module of `commands` with `add_arguments(parser)` and `run(arguments) -> int`. They
# are imported only when asked for, so that `--help` needs nothing but Python.
COMMANDS = {
    'classify': 'classify image files, folders or globs',
    'check': 'say whether a model bundle is sound, and measure it here',
    'bag': 'write an image folder, a video or a drawn drive as a rosbag2 bag',
    'replay': 'run a bag through the classifier and report labels, timing and accuracy',
    'demo': 'classify a drawn drive, or your own input, over real ROS 2',
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Returns:
        Exit status: 0; 1 for an error, told in one sentence on stderr; 2 for wrong usage; 130
        when interrupted.
    """
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    parser = argparse.ArgumentParser(
        prog='python -m mobilenet_perception',
        description='Classify camera frames within a latency budget.',
    )
    parser.add_argument('--version', action='version', version=__version__)
    commands = parser.add_subparsers(dest='command', metavar='COMMAND', required=True)
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=f'{_sentence(summary)}.')
        if name in arguments[:1]:
            module = importlib.import_module(f'mobilenet_perception.commands.{name}')
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    parsed = parser.parse_args(arguments)
    try:
        status = int(parsed.run(parsed))
        sys.stdout.flush()
    except PerceptionError as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('interrupted', file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader (`head`, a pager) has gone; Python must not complain when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        what = f'{error.filename}: ' if error.filename else ''
        print(f'error: {what}{error.strerror or error}', file=sys.stderr)
        return 1
    return status


def _sentence(summary: str) -> str:
    return summary[0].upper() + summary[1:]
