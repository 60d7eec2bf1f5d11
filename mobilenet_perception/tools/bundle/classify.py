# SPDX-License-Identifier: Apache-2.0
"""`classify`: the best labels of image files."""

import argparse
import glob
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames import Frame, decode_file
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.pipeline.decision import ScoredLabel
from mobilenet_perception.recordings.pictures import list_images, warn_of_left_out
from mobilenet_perception.tools.arguments import (
    add_bundle,
    add_significant_bits,
    load_classifier,
    whole,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument('images', nargs='+', metavar='IMAGE', help='file, folder or quoted glob')
    add_bundle(parser)
    parser.add_argument('--variant', default='', help='variant to run (default: most accurate)')
    add_significant_bits(parser)
    parser.add_argument('--top-k', type=whole, default=3, help='labels per image (%(default)s)')
    parser.add_argument('--json', action='store_true', help='one JSON object a line')


def run(arguments: argparse.Namespace) -> int:
    """Classify; 1 when an image could not be, the others having been."""
    classifier = load_classifier(arguments)
    thresholds = classifier.decide_above(arguments.variant)
    decide_above = dict(zip(classifier.labels, thresholds, strict=True))
    status = 0
    for path in find_images(arguments.images):
        try:
            frame = _read(path, arguments.significant_bits)
            top = best_labels(classifier, frame, arguments.variant, arguments.top_k)
        except PerceptionError as error:
            print(f'error: {error}', file=sys.stderr)
            status = 1
            continue
        best = top[0]
        if arguments.json:
            decided = best.label if best.score >= decide_above[best.label] else None
            said = {'file': str(path), 'top': [item._asdict() for item in top], 'decided': decided}
            print(json.dumps(said))
        else:
            print(f'{path}: ' + ', '.join(f'{label} {score:.3f}' for label, score in top))
    return status


def find_images(names: Iterable[str]) -> Iterator[Path]:
    """Yield the files that names mean: a file itself, a folder's images, what a glob matches.

    A name that means nothing is yielded as it is: reading it gives the reason.
    """
    for name in names:
        path = Path(name)
        if path.is_dir():
            warn_of_left_out(path)
            yield from list_images(path) or [path]
        elif path.exists():
            yield path
        else:
            yield from map(Path, sorted(glob.glob(name, recursive=True)) or [name])  # noqa: PTH207


def best_labels(
    classifier: Classifier, frame: Frame, variant: str, top_k: int
) -> list[ScoredLabel]:
    """Classify one image; the best label comes first."""
    scores = classifier.classify(frame, None, variant).scores
    best = scores.argsort()[::-1][:top_k]
    return [ScoredLabel(classifier.labels[index], float(scores[index])) for index in best]


def _read(path: Path, significant_bits: int) -> Frame:
    if path.is_dir():
        raise PerceptionError(f'{path} holds no image: give PNG or JPEG files')
    return decode_file(path, significant_bits=significant_bits)
