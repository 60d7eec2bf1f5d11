# SPDX-License-Identifier: Apache-2.0
"""Golden frames: drawn by the project, of odd sizes and uneven colours, one or more per label."""

from collections.abc import Sequence

import numpy as np

from mobilenet_perception.bundle.write import GoldenImage
from mobilenet_perception.frames import Frame, crop_and_resize
from mobilenet_perception.runtimes import Session
from mobilenet_perception.simulation.labels import BACKGROUND, SIGNAL_LABELS
from mobilenet_perception.simulation.signals import draw_signal, variants
from training.augmentation.compose import Placement, compose
from training.data.backgrounds import random_background, street
from training.data.drawn import trim
from training.data.sample import Pixels
from training.errors import TrainingError

# (rows, columns): square, wide, tall, smaller and much larger than a network's input.
_SIZES = ((120, 120), (87, 131), (151, 109), (61, 53), (333, 277))
_PER_LABEL = 2
_ATTEMPTS = 40
_PLACEMENT = Placement(smallest=0.6, largest=0.85, rotation_degrees=5.0, perspective=0.03)
# A golden frame is one that the network knows well, so that a fault shows as a change.
_SURE = 0.8


def golden_frames(sessions: Sequence[Session], labels: Sequence[str]) -> list[GoldenImage]:
    """Draw frames that every variant classifies right, two of each label that is drawn.

    Raises:
        TrainingError: no drawing of some label is recognised: the network is no good.
    """
    frames: list[GoldenImage] = []
    drawn = [label for label in labels if label in (*SIGNAL_LABELS, BACKGROUND)]
    for position, label in enumerate(drawn):
        found = 0
        for attempt in range(_ATTEMPTS):
            rows, columns = _SIZES[(position + attempt) % len(_SIZES)]
            image = _draw(label, rows, columns, np.random.default_rng((position, attempt)))
            if all(_knows(session, image, labels.index(label)) for session in sessions):
                found += 1
                frames.append((f'{label}_{found}', label, image))
            if found == _PER_LABEL:
                break
        if not found:
            raise TrainingError(
                f'the network recognises no drawing of {label}: train it longer or on drawings'
            )
    return frames


def _draw(label: str, rows: int, columns: int, random: np.random.Generator) -> Pixels:
    if label == BACKGROUND:
        return street(rows, columns, random)
    variant = int(random.integers(variants(label)))
    signal = trim(draw_signal(label, min(rows, columns), variant))
    return compose(signal, random_background(rows, columns, (), random), _PLACEMENT, random)


def _knows(session: Session, image: Pixels, index: int) -> bool:
    scores = session.run(crop_and_resize(Frame(image, 'rgb'), session.height, session.width))
    return int(scores.argmax()) == index and float(scores[index]) >= _SURE
