# SPDX-License-Identifier: Apache-2.0
"""`bundle import`: a bundle of models that you have, ONNX or TensorFlow Lite.

`python -m training bundle import` is the same with Keras and SavedModel.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.tools.arguments import take_negative_values, whole
from mobilenet_perception.tools.terminal import table

if TYPE_CHECKING:
    from mobilenet_perception.tools.bundle.importer.make import ImportSettings
    from mobilenet_perception.tools.bundle.importer.model import ForeignModel, Reader

_INSTALL = 'pip install onnx flatbuffers onnxruntime'
_OF_TENSORFLOW = {'.keras', '.h5', '.hdf5', '.pb'}
_OF_TORCH = {'.pt', '.pth', '.torchscript', '.safetensors', '.ckpt'}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    take_negative_values(parser)
    parser.add_argument(
        'models', nargs='+', type=Path, metavar='MODEL',
        help='.onnx or .tflite; several become one ladder',
    )  # fmt: skip
    parser.add_argument('-o', '--output', type=Path, required=True, help='folder of the bundle')
    parser.add_argument(
        '--labels', type=Path, metavar='FILE',
        help='.txt (one a line), .json or .csv, in the order of the outputs (default: those that '
        'the model brings)',
    )  # fmt: skip
    parser.add_argument(
        '--scaling', metavar='HOW',
        help='what pixels become before the network: imagenet (torchvision, timm), -1..1 (Keras '
        'MobileNets, TF Lite), 0..1, caffe, none, or mean and deviation as 2 or 6 numbers '
        '(default: as the file tells)',
    )  # fmt: skip
    parser.add_argument(
        '--channels', choices=('rgb', 'bgr'), default='rgb',
        help='which colour the network wants first (%(default)s)',
    )  # fmt: skip
    parser.add_argument(
        '--crop', type=_part, default=1.0, metavar='SHARE',
        help='share of each side that the network sees, the middle: 0.875 for torchvision\'s 224 '
        'of 256 (default: all)',
    )  # fmt: skip
    parser.add_argument(
        '--drop-first', action='store_true', help='the first output is a background: leave it out'
    )
    parser.add_argument(
        '--images', type=Path, metavar='FOLDER',
        help='photographs, for golden frames; in sub-folders named after their labels also for '
        'accuracy, temperature and thresholds',
    )  # fmt: skip
    parser.add_argument('--notes', type=Path, help='Markdown for the model card: use and limits')
    parser.add_argument(
        '--size', type=whole, metavar='PIXELS', help='sides of the image, where a model takes any'
    )
    parser.add_argument(
        '--scores', default='', metavar='NAME', help='which output, where a model has several'
    )


def run(arguments: argparse.Namespace) -> int:
    """Import ONNX and TensorFlow Lite.

    Raises:
        PerceptionError: a model, its labels or what is said of it do not fit.
    """
    return import_with({}, arguments)


def import_with(readers: Mapping[str, 'Reader'], arguments: argparse.Namespace) -> int:
    """Import models of further kinds, too.

    Args:
        readers: by suffix; of a folder, by the empty one.
        arguments: the command line.

    Raises:
        PerceptionError: a model, its labels or what is said of it do not fit.
    """
    try:
        from mobilenet_perception.tools.bundle.importer import model  # noqa: PLC0415
    except ImportError as error:
        raise PerceptionError(f'an import needs {error.name}: {_INSTALL}') from error
    from mobilenet_perception.tools.bundle.importer.labels import read_labels  # noqa: PLC0415
    from mobilenet_perception.tools.bundle.importer.make import ImportSettings  # noqa: PLC0415
    from mobilenet_perception.tools.bundle.importer.scaling import parse_scaling  # noqa: PLC0415

    settings = ImportSettings(
        labels=read_labels(arguments.labels) if arguments.labels else None,
        scaling=parse_scaling(arguments.scaling) if arguments.scaling else None,
        bgr=arguments.channels == 'bgr',
        crop=arguments.crop,
        drop_first=arguments.drop_first,
        notes=arguments.notes.read_text(encoding='utf-8') if arguments.notes else '',
    )
    known: dict[str, Reader] = {
        '.onnx': model.read_onnx, '.tflite': model.read_tensorflow_lite, **readers
    }  # fmt: skip
    left_open = model.ReadSettings(arguments.size, arguments.scores)
    models = [reader_of(path, known)(path, left_open) for path in arguments.models]
    for found in models:
        _say_of(found, arguments)
    return write_and_tell(arguments.output, models, settings, arguments.images)


def write_and_tell(
    output: Path,
    models: Sequence['ForeignModel'],
    settings: 'ImportSettings',
    images: Path | None,
) -> int:
    """Write a bundle of models, and print what became of each.

    Args:
        output: folder of the bundle.
        models: as they were read.
        settings: what is said of them.
        images: folder of photographs to measure them on; None: none.

    Raises:
        PerceptionError: labels do not fit, or what is said of a model is wrong.
    """
    from mobilenet_perception.tools.bundle.importer.images import find_pictures  # noqa: PLC0415
    from mobilenet_perception.tools.bundle.importer.make import (  # noqa: PLC0415
        import_models,
        labels_of,
    )

    labels = labels_of(models, settings)
    pictures = find_pictures(images, labels) if images else []
    made = import_models(output, models, pictures, settings)
    rows = [['variant', 'input', 'accuracy', 'MACs', 'from']]
    for variant in made.bundle.manifest.variants:
        accuracy = '-' if variant.accuracy is None else f'{variant.accuracy:.2%}'
        rows.append([
            variant.name, f'{variant.width}x{variant.height}', accuracy,
            f'{variant.macs / 1e6:.1f} M', made.sources[variant.name],
        ])  # fmt: skip
    print(table(rows))
    for name, reason in made.dropped.items():
        print(f'left out: {name}: {reason}')
    for missing in made.missing:
        print(f'it lacks {missing}')
    if made.missing:
        print('--images FOLDER mends that: photographs in sub-folders named after their labels')
    print(f'bundle: {made.bundle.folder}')
    return 0


def reader_of(path: Path, readers: Mapping[str, 'Reader']) -> 'Reader':
    """Return what reads a file of this name.

    Raises:
        PerceptionError: it is not there, or nothing here reads it.
    """
    if not path.exists():
        raise PerceptionError(f'{path} does not exist: give the file of a model')
    suffix = '' if path.is_dir() else path.suffix.lower()
    if suffix in readers:
        return readers[suffix]
    if path.is_dir() or suffix in _OF_TENSORFLOW:
        raise PerceptionError(
            f'{path} needs TensorFlow: run the same as `.venv-training/bin/python -m training '
            'bundle import` in a checkout, after `make setup-training`'
        )
    if suffix in _OF_TORCH:
        raise PerceptionError(
            f'{path} is of PyTorch: give what torch.onnx.export(model, image, "mine.onnx", '
            'opset_version=17) writes'
        )
    raise PerceptionError(f'{path} is of no known kind: give {", ".join(filter(None, readers))}')


def _say_of(found: 'ForeignModel', arguments: argparse.Namespace) -> None:
    if found.scaling is not None and arguments.scaling:
        print(f'note: {found.path.name}: --scaling is left aside, since {found.because}')


def _part(text: str) -> float:
    value = float(text)
    if not 0.1 <= value <= 1:
        raise argparse.ArgumentTypeError(f'must lie between 0.1 and 1; it is {text}')
    return value
