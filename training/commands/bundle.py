# SPDX-License-Identifier: Apache-2.0
"""`bundle`: a model bundle of runs, or of MobileNets that know ImageNet."""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from training.commands.arguments import add_run_data, evaluated, read_run_data
from training.errors import TrainingError
from training.fit.run_folder import PRECISIONS, Run

_NOTES = """\
## Intended use and limits

Not described: give `bundle --notes FILE` what the labels are for, where the images come from, and
where the classifier must not be relied on.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument(
        'runs', type=Path, nargs='*', metavar='RUN',
        help='run folder; with --imagenet .tflite, .h5, .keras and .onnx files',
    )  # fmt: skip
    parser.add_argument('-o', '--output', type=Path, required=True, help='folder of the bundle')
    parser.add_argument(
        '--imagenet', action='store_true',
        help='of MobileNets that tell ImageNet\'s 1,000 classes apart: of the files given, or, '
        'without any, of those that Keras downloads',
    )  # fmt: skip
    parser.add_argument(
        '--images', type=Path, metavar='FOLDER',
        help='with --imagenet: photographs to measure them on, as `bundle import` takes them',
    )  # fmt: skip
    parser.add_argument(
        '--precisions', nargs='+', default=['fp32'], metavar='PRECISION',
        help=f'{", ".join(PRECISIONS)}; all but fp32 need `quantize` first (default: fp32)',
    )  # fmt: skip
    parser.add_argument('--notes', type=Path, help='Markdown for the model card: use and limits')
    add_run_data(parser)


def run(options: argparse.Namespace) -> int:
    """Make the bundle; runs that are not evaluated yet are.

    Raises:
        PerceptionError: the runs or models do not fit together, or there are none.
    """
    if options.imagenet:
        return _of_imagenet(options)
    if not options.runs:
        raise TrainingError('there is nothing to bundle: give run folders, or --imagenet')
    if options.images:
        raise TrainingError('--images is for --imagenet: runs are measured on their test part')
    from training.bundle.bundling import make_bundle  # noqa: PLC0415
    from training.evaluation.record import candidates_of  # noqa: PLC0415

    notes = options.notes.read_text() if options.notes else _NOTES
    runs = [Run(folder) for folder in options.runs]
    data_set, split = read_run_data(runs[0], options.data)
    candidates = []
    for one in runs:
        evaluated(one, options.data)
        candidates += candidates_of(one, options.precisions)
    made = make_bundle(options.output, candidates, data_set, split, notes)
    for variant in made.bundle.manifest.variants:
        print(f'{variant.name:32} {variant.accuracy or 0:.2%} {variant.macs / 1e6:8.1f} M')
    for name, reason in made.dropped.items():
        print(f'left out: {name}: {reason}')
    print(f'bundle: {made.bundle.folder}')
    return 0


def _of_imagenet(options: argparse.Namespace) -> int:
    from mobilenet_perception.tools.bundle.importer.command import write_and_tell  # noqa: PLC0415
    from training.bundle.imagenet import imagenet_settings, read_imagenet  # noqa: PLC0415

    settings = imagenet_settings()
    if options.notes:
        settings = settings._replace(notes=options.notes.read_text(encoding='utf-8'))
    with TemporaryDirectory() as scratch:
        models = read_imagenet(options.runs, Path(scratch))
        return write_and_tell(options.output, models, settings, options.images)
