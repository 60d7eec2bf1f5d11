# SPDX-License-Identifier: Apache-2.0
"""The commands of `python -m training`."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from mobilenet_perception.errors import PerceptionError
from training import commands

_CONFIGURATION = Path('training') / 'configurations' / 'street_signals.py'
_DATA_VARIABLE = 'MOBILENET_PERCEPTION_DATA'


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status. What a user can mend is said in one sentence."""
    # TensorFlow's remarks about the machine are not for the user.
    os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '2')
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
    except PerceptionError as error:
        print(f'training: {error}', file=sys.stderr)
        return 1
    except OSError as error:
        where = f' ({error.filename})' if error.filename else ''
        print(f'training: {error.strerror or error}{where}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('training: stopped; the same command resumes', file=sys.stderr)
        return 130
    return 0


def default_data() -> Path:
    """Return where data are looked for: the environment variable, or beside the checkout."""
    beside = Path(__file__).resolve().parents[2] / 'shared' / 'data'
    return Path(os.environ.get(_DATA_VARIABLE, beside))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='python -m training', description='Train classifiers and make bundles of them.'
    )
    subparsers = parser.add_subparsers(required=True, metavar='COMMAND')
    data = argparse.ArgumentParser(add_help=False)
    data.add_argument(
        '--data',
        type=Path,
        default=default_data(),
        help=f'holds gtsrb/ and traffic-lights/ (default: ${_DATA_VARIABLE} or %(default)s)',
    )

    inspect = subparsers.add_parser('inspect', parents=[data], help='count frames and groups')
    inspect.add_argument('--config', type=Path, default=_CONFIGURATION, help='for the split')
    inspect.set_defaults(command=commands.inspect)

    fit = subparsers.add_parser('fit', parents=[data], help='train; resumes what was killed')
    fit.add_argument('--config', type=Path, default=_CONFIGURATION, help='(%(default)s)')
    fit.add_argument('--run', type=Path, help='run folder (default: runs/<name>)')
    fit.set_defaults(command=commands.fit)

    for name, help_text in (
        ('evaluate', 'measure a run on held-out data'),
        ('export', 'write the ONNX graph of a run'),
    ):
        sub = subparsers.add_parser(name, parents=[data], help=help_text)
        sub.add_argument('run', type=Path, help='run folder')
        sub.set_defaults(command=getattr(commands, name))
        if name == 'export':
            sub.add_argument('-o', '--output', type=Path, required=True, help='ONNX file')

    bundle = subparsers.add_parser('bundle', parents=[data], help='make a bundle of runs')
    bundle.add_argument('runs', type=Path, nargs='+', metavar='RUN', help='run folder')
    bundle.add_argument('-o', '--output', type=Path, required=True, help='folder of the bundle')
    bundle.set_defaults(command=commands.bundle)
    return parser
