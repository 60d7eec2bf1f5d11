# SPDX-License-Identifier: Apache-2.0
"""Golden frames: images that the best variant knows well, one or more of each label."""

import re
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from mobilenet_perception.frames import Frame, crop_and_resize
from mobilenet_perception.inference.bundle.write import GoldenImage
from mobilenet_perception.inference.runtimes import Session
from mobilenet_perception.street.signals import BACKGROUND, LABELS, draw_signal, variants
from training.data.data_set import Pixels, Sample
from training.errors import TrainingError
from training.images.composition import Placement, compose, random_background, street, trim

ImagesOf = Callable[[str], Iterator[Pixels]]
"""Images of a label to choose from."""

# (rows, columns): square, wide, tall, smaller and much larger than a network's input.
_SIZES = ((120, 120), (87, 131), (151, 109), (61, 53), (333, 277))
_PER_LABEL = 2
_ATTEMPTS = 40
_PLACEMENT = Placement(smallest=0.6, largest=0.85, rotation_degrees=5.0, perspective=0.03)
# A golden frame is one that the network knows well, so that a fault shows as a change.
_SURE = 0.8


def golden_frames(
    sessions: Sequence[Session], labels: Sequence[str], images_of: ImagesOf
) -> list[GoldenImage]:
    """Choose frames that the best variant classifies surely and all others right, two of a label.

    Args:
        sessions: the variants, the best first.
        labels: of the bundle.
        images_of: images to choose from.

    Raises:
        TrainingError: no image of some label is recognised: a network is no good.
    """
    frames: list[GoldenImage] = []
    for position, label in enumerate(labels):
        found = 0
        for image in images_of(label):
            sure = (_SURE, *[0.0] * (len(sessions) - 1))
            if all(
                _knows(session, image, position, least)
                for session, least in zip(sessions, sure, strict=True)
            ):
                found += 1
                frames.append((f'{_file_name(label)}_{found}', label, image))
            if found == _PER_LABEL:
                break
        if not found:
            raise TrainingError(
                f'no image of {label} is recognised by all variants: train them longer'
            )
    return frames


def _file_name(label: str) -> str:
    return re.sub(r'[^A-Za-z0-9_.+-]', '_', label)


def images_for(labels: Sequence[str], held_out: Sequence[Sample]) -> ImagesOf:
    """Return drawings for street signals, which carry nobody's copyright; else held-out images.

    Args:
        labels: those of the bundle.
        held_out: the test part, with the labels that are published.
    """
    if set(labels) <= set(LABELS):
        return drawings

    def photographs(label: str) -> Iterator[Pixels]:
        return (sample.pixels for sample in held_out if sample.label == label)

    return photographs


def drawings(label: str) -> Iterator[Pixels]:
    """Yield drawings of a street signal, of odd sizes and on uneven backgrounds."""
    position = LABELS.index(label)
    for attempt in range(_ATTEMPTS):
        rows, columns = _SIZES[(position + attempt) % len(_SIZES)]
        yield _draw(label, rows, columns, np.random.default_rng((position, attempt)))


def _draw(label: str, rows: int, columns: int, random: np.random.Generator) -> Pixels:
    if label == BACKGROUND:
        return street(rows, columns, random)
    variant = int(random.integers(variants(label)))
    signal = trim(draw_signal(label, min(rows, columns), variant))
    return compose(signal, random_background(rows, columns, (), random), _PLACEMENT, random)


def _knows(session: Session, image: Pixels, index: int, least: float) -> bool:
    scores = session.run(crop_and_resize(Frame(image, 'rgb'), session.height, session.width))
    return int(scores.argmax()) == index and float(scores[index]) >= least
