# SPDX-License-Identifier: Apache-2.0
"""Images by which an imported model is measured: what they show, and what networks say of them."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames import Frame, crop_and_resize, decode_file
from mobilenet_perception.inference.bundle.write import GoldenImage
from mobilenet_perception.inference.runtimes import Session
from mobilenet_perception.recordings.labels import plain_label
from mobilenet_perception.recordings.pictures import list_images
from mobilenet_perception.street import Drive, sidewalk_world
from mobilenet_perception.tools.bundle.onnx_graph import Array
from mobilenet_perception.tools.terminal import Progress, notify

_GOLDEN = 12
_GOLDEN_OF_LABEL = 2
_DRAWN = 6
# Golden frames need no more pixels than networks look at.
_LONGEST = 480


class Picture(NamedTuple):
    """An image file, and the position of the label that its folder names; None: no folder does."""

    path: Path
    truth: int | None


def find_pictures(folder: Path, labels: Sequence[str]) -> list[Picture]:
    """Return the images of a folder; those of sub-folders show what these are named after.

    A folder may be named after a label, or the first of the names in it, whatever the case, with
    underscores for spaces; or after the label's position.

    Raises:
        PerceptionError: there is no image, or a sub-folder is named after no label.
    """
    if not folder.is_dir():
        raise PerceptionError(
            f'{folder} is no folder: give --images a folder of PNG or JPEG files'
        )
    paths = list_images(folder)
    if not paths:
        raise PerceptionError(f'{folder} holds no image: give PNG or JPEG files')
    if paths[0].parent == folder:
        return [Picture(path, None) for path in paths]
    places = _places(labels)
    names = sorted({path.parent.name for path in paths})
    if lost := [name for name in names if plain_label(name) not in places]:
        raise PerceptionError(
            f'{folder / lost[0]} is named after no label ({len(lost)} of {len(names)} folders '
            f'are): name it as one of {", ".join(labels[:5])}{" ..." if labels[5:] else ""}, or '
            'give a folder without sub-folders'
        )
    return [Picture(path, places[plain_label(path.parent.name)]) for path in paths]


def read_pictures(pictures: Sequence[Picture]) -> Iterator[tuple[Picture, Frame]]:
    """Yield each image with its pixels; one that cannot be read is told of and left out."""
    for picture in pictures:
        try:
            yield picture, decode_file(picture.path)
        except PerceptionError as error:
            notify(f'note: {error}; it is left out')


def run_all(sessions: Sequence[Session], pictures: Sequence[Picture]) -> tuple[list[Array], Array]:
    """Return the (images, outputs) answers of each session, and the (images,) truths; -1: none.

    Each image is cropped and resized as the robot does it.
    """
    answers: list[list[Array]] = [[] for _ in sessions]
    truth = []
    with Progress('images', len(pictures)) as progress:
        for picture, frame in read_pictures(pictures):
            for rows, session in zip(answers, sessions, strict=True):
                image = crop_and_resize(frame, session.height, session.width)
                rows.append(session.run(image).copy())
            truth.append(-1 if picture.truth is None else picture.truth)
            progress(len(truth))
    if not truth:
        raise PerceptionError('none of the images can be read: give PNG or JPEG files')
    return [np.stack(rows) for rows in answers], np.array(truth)


def choose_golden(
    scores: Sequence[Array], truth: Array, pictures: Sequence[Picture], labels: Sequence[str]
) -> list[GoldenImage]:
    """Choose frames that all variants agree on, the surest first, two of a label at most.

    Args:
        scores: (images, labels) probabilities of each variant, the best first.
        truth: (images,) positions of labels; -1: not known.
        pictures: (images,).
        labels: of the bundle.
    """
    top = np.stack([rows.argmax(axis=1) for rows in scores])
    agreed = (top == top[0]).all(axis=0) & ((truth < 0) | (top[0] == truth))
    sure = np.min([rows.max(axis=1) for rows in scores], axis=0)
    chosen: list[int] = []
    counts: dict[int, int] = {}
    # First where they agree, then the others.
    for index in sorted(range(len(truth)), key=lambda i: (not agreed[i], -sure[i])):
        label = int(top[0, index])
        if counts.get(label, 0) < _GOLDEN_OF_LABEL and len(chosen) < _GOLDEN:
            counts[label] = counts.get(label, 0) + 1
            chosen.append(index)
    return [
        (f'{number:02d}', labels[top[0, index]], _small(decode_file(pictures[index].path).rgb()))
        for number, index in enumerate(chosen)
    ]


def draw_golden(session: Session, labels: Sequence[str]) -> list[GoldenImage]:
    """Return frames of the drawn drive, under the label that the best variant gives them.

    They prove that a runtime computes what this one does, and the order of colours; of whether
    the labels are right they say nothing.
    """
    golden = []
    drive = Drive(sidewalk_world(), float(_DRAWN), 1.0)
    for number in range(len(drive)):
        pixels = drive.frame(number).image
        scores = session.run(crop_and_resize(Frame(pixels, 'rgb'), session.height, session.width))
        golden.append((f'drawn_{number}', labels[int(scores.argmax())], _small(pixels)))
    return golden


def _small(pixels: Array) -> Array:
    longest = max(pixels.shape[:2])
    if longest <= _LONGEST:
        return pixels
    size = [round(side * _LONGEST / longest) for side in pixels.shape[1::-1]]
    return cv2.resize(pixels, (size[0], size[1]), interpolation=cv2.INTER_AREA)


def _places(labels: Sequence[str]) -> Mapping[str, int]:
    """Return the position of each label, by all that a folder may call it."""
    places = {str(position): position for position in range(len(labels))}
    for position, label in reversed(list(enumerate(labels))):
        places[plain_label(label.split(',')[0])] = position
    return places | {plain_label(label): position for position, label in enumerate(labels)}
