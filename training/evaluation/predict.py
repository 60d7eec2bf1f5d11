# SPDX-License-Identifier: Apache-2.0
"""Label image files as the robot would: with the runtime's decoder, resize and graph."""

import csv
import io
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mobilenet_perception.errors import FrameError
from mobilenet_perception.frames import crop_and_resize, decode_file
from mobilenet_perception.frames.image_files import is_image_file, left_out, left_out_words
from mobilenet_perception.inference.bundle import load_bundle
from mobilenet_perception.inference.bundle.bundle import MANIFEST_FILE
from mobilenet_perception.inference.runtimes import Session, create_runtime
from training.errors import TrainingError
from training.fit.run_folder import Run


class Network(NamedTuple):
    """A network that a runtime has loaded, and its labels, in the order of its outputs."""

    session: Session
    labels: tuple[str, ...]


class FilePrediction(NamedTuple):
    """What the network says of one file.

    Attributes:
        file: its path.
        label: the most probable; empty if the file cannot be read.
        probability: of the label, 0 to 1.
        top: the most probable labels with their probabilities, falling.
        error: why the file cannot be read; empty if it can.
    """

    file: Path
    label: str
    probability: float
    top: tuple[tuple[str, float], ...]
    error: str = ''


def open_network(folder: Path) -> Network:
    """Load the network of an evaluated run, or the first variant of a bundle.

    Raises:
        TrainingError: there is neither.
    """
    if (folder / MANIFEST_FILE).is_file():
        bundle = load_bundle(folder)
        first = bundle.manifest.variants[0].name
        return Network(create_runtime().load(bundle.models[first], first), bundle.manifest.labels)
    one = Run(folder)
    labels = one.data().published
    if not one.exported_file.is_file():
        raise TrainingError(f'{folder} is not evaluated: run `evaluate {folder}` first')
    return Network(
        create_runtime().load(one.exported_file.read_bytes(), one.configuration().name), labels
    )


def find_images(paths: Iterable[Path]) -> list[Path]:
    """Return files as given, and all image files in and below folders, sorted by path.

    Raises:
        TrainingError: a path is not there, or a folder holds no image.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.rglob('*') if is_image_file(p))
            if words := left_out_words(left_out(path.rglob('*')), path):
                print(words, file=sys.stderr, flush=True)
            if not inside:
                raise TrainingError(f'{path} holds no image: give images, or a folder of them')
            found += inside
        elif path.exists():
            found.append(path)
        else:
            raise TrainingError(f'no file {path}: give images, or folders of them')
    return found


def predict_files(
    session: Session,
    labels: Sequence[str],
    files: Iterable[Path],
    top: int = 3,
    significant_bits: int = 0,
) -> Iterator[FilePrediction]:
    """Yield the prediction for each file, in order; a damaged file does not end the others.

    Args:
        session: the network, loaded by a runtime.
        labels: in the order of its outputs.
        files: images of any size.
        top: how many labels to give, from 1.
        significant_bits: of 16-bit samples, 8 to 16; 0: all.

    Raises:
        TrainingError: there are not as many labels as outputs.
    """
    if len(labels) != session.classes:
        raise TrainingError(
            f'the network has {session.classes} outputs, but {len(labels)} labels are given: '
            'take the labels of the same run or bundle'
        )
    return (_predict(session, labels, file, top, significant_bits) for file in files)


def _predict(
    session: Session, labels: Sequence[str], file: Path, top: int, significant_bits: int
) -> FilePrediction:
    try:
        frame = decode_file(file, significant_bits=significant_bits)
        image = crop_and_resize(frame, session.height, session.width)
    except FrameError as error:
        return FilePrediction(file, '', 0.0, (), str(error))
    scores = session.run(image)
    order = np.argsort(-scores, kind='stable')[:top]
    best = tuple((labels[index], float(scores[index])) for index in order.tolist())
    return FilePrediction(file, *best[0], best)


def predictions_csv(rows: Iterable[FilePrediction], top: int = 3) -> str:
    """Return predictions as CSV with the columns file, label_1, probability_1, ..., error."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator='\n')
    places = range(1, top + 1)
    heads = (f'{what}_{place}' for place in places for what in ('label', 'probability'))
    writer.writerow(['file', *heads, 'error'])
    for row in rows:
        cells = [cell for label, share in row.top[:top] for cell in (label, f'{share:.6f}')]
        cells += [''] * (2 * top - len(cells))
        writer.writerow([row.file, *cells, row.error])
    return text.getvalue()
