# SPDX-License-Identifier: Apache-2.0
"""`predict`: label images with a run or a bundle."""

import argparse
from pathlib import Path
from typing import NamedTuple

from mobilenet_perception.inference.bundle import load_bundle
from mobilenet_perception.inference.bundle.bundle import MANIFEST_FILE
from mobilenet_perception.inference.runtimes import Session, create_runtime
from mobilenet_perception.system.files import write_atomically
from training.errors import TrainingError
from training.evaluation.predict import find_images, predict_files, predictions_csv
from training.fit.run_folder import Run


class _Network(NamedTuple):
    session: Session
    labels: tuple[str, ...]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument('network', type=Path, metavar='RUN', help='evaluated run, or bundle')
    parser.add_argument('images', type=Path, nargs='+', metavar='IMAGE', help='files and folders')
    parser.add_argument('--top', type=int, default=3, help='labels to give (default: 3)')
    parser.add_argument('-o', '--output', type=Path, help='CSV file (default: print)')


def run(options: argparse.Namespace) -> int:
    """Print or write the labels; returns 1 if a file cannot be read.

    Raises:
        TrainingError: there is no network, or no image.
    """
    session, labels = _network(options.network)
    rows = list(predict_files(session, labels, find_images(options.images), max(1, options.top)))
    text = predictions_csv(rows, max(1, options.top))
    if options.output:
        write_atomically(options.output, text)
        print(f'{len(rows)} files: {options.output}')
    else:
        print(text, end='')
    return int(any(row.error for row in rows))


def _network(folder: Path) -> _Network:
    if (folder / MANIFEST_FILE).is_file():
        bundle = load_bundle(folder)
        first = bundle.manifest.variants[0].name
        return _Network(create_runtime().load(bundle.models[first], first), bundle.manifest.labels)
    one = Run(folder)
    labels = one.data().published
    if not one.exported_file.is_file():
        raise TrainingError(f'{folder} is not evaluated: run `evaluate {folder}` first')
    return _Network(
        create_runtime().load(one.exported_file.read_bytes(), one.configuration().name), labels
    )
