# SPDX-License-Identifier: Apache-2.0
"""`quantize`: FP16 and INT8 graphs of runs."""

import argparse
from pathlib import Path

from mobilenet_perception.tools.terminal import table
from training.commands.arguments import add_run_data, read_run_data
from training.fit.run_folder import PRECISIONS, Run

_WORST = 8
_HEADS = ('layer', 'kind', 'channels', 'agreement', 'divergence')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument('runs', type=Path, nargs='+', metavar='RUN', help='evaluated run folder')
    parser.add_argument(
        '--precisions', nargs='+', choices=PRECISIONS[1:], default=['fp16', 'int8'],
        help='int8 is for TensorRT, int8_onnxruntime for CPUs (default: fp16 int8)',
    )  # fmt: skip
    parser.add_argument(
        '--largest-loss', type=float, default=0.5, metavar='POINTS',
        help='of accuracy on the validation part, above which INT8 is refused (default: 0.5)',
    )  # fmt: skip
    parser.add_argument(
        '--fine-tune', type=int, default=0, metavar='STEPS',
        help='let the network learn to bear INT8, for so many batches (some hundreds)',
    )  # fmt: skip
    add_run_data(parser)


def run(options: argparse.Namespace) -> int:
    """Quantise, and print what it costs.

    Raises:
        TrainingError: a run is not evaluated, or INT8 loses too much.
    """
    from training.evaluation.evaluate import Int8Options, run_to_fp16, run_to_int8  # noqa: PLC0415

    for folder in options.runs:
        one = Run(folder)
        data_set, split = read_run_data(one, options.data)
        settings = Int8Options(options.largest_loss / 100, options.fine_tune)
        for precision in options.precisions:
            if precision == 'fp16':
                run_to_fp16(one, data_set, split)
                _print_sets(one, precision)
                continue
            found = run_to_int8(one, data_set, split, settings, precision)
            print(
                f'{precision} ({found.method}): validation accuracy '
                f'{found.accuracy_before:.2%} to {found.accuracy_after:.2%}, '
                f'same label on {found.agreement:.2%}'
            )
            print(f'kept in float: {", ".join(found.keep_float) or "no layer"}')
            rows = [
                [
                    row.layer,
                    row.kind,
                    f'{row.channels}',
                    f'{row.agreement:.2%}',
                    f'{row.divergence:.1e}',
                ]
                for row in found.sensitivity[:_WORST]
            ]
            print(table([list(_HEADS), *rows]) if rows else '')
            _print_sets(one, precision)
    return 0


def _print_sets(run_folder: Run, precision: str) -> None:
    from training.evaluation.record import stored  # noqa: PLC0415

    for name, found in stored(run_folder, precision).sets.items():
        print(
            f'{precision} {name:20} {found.correct:5} of {found.frames:5} right, '
            f'{found.accuracy:.2%}, ECE {found.ece:.3f}'
        )
