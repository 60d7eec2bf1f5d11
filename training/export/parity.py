# SPDX-License-Identifier: Apache-2.0
"""Parity: the exported graph gives what the Keras network gives."""

from typing import NamedTuple

import keras
import numpy as np

from mobilenet_perception.inference.runtimes import Session
from training.data.data_set import Merge, Pixels, Probabilities
from training.errors import TrainingError
from training.export.temperature import calibrated

TOLERANCE = 1e-4


class Parity(NamedTuple):
    """How far apart two implementations are on the same images."""

    images: int
    same_top: int
    largest_difference: float


def run_all(session: Session, images: Pixels) -> Probabilities:
    """Run (n, height, width, 3) uint8 RGB images through a runtime: (n, classes)."""
    if not len(images):
        return np.zeros((0, session.classes), np.float32)
    return np.stack([session.run(image).copy() for image in images])


def check_parity(
    network: keras.Model,
    temperature: float,
    session: Session,
    images: Pixels,
    merge: Merge | None = None,
) -> Parity:
    """Compare probabilities of the Keras network and the runtime.

    Args:
        network: from (batch, height, width, 3) RGB, 0 to 255, to (batch, outputs) logits.
        temperature: as in `export_onnx`.
        session: of the exported graph.
        images: (n, height, width, 3) uint8 RGB.
        merge: as in `export_onnx`.

    Raises:
        TrainingError: a top label differs, or a probability by more than 1e-4.
    """
    logits = network.predict(images.astype(np.float32), batch_size=64, verbose=0)
    return compare_answers(calibrated(logits, temperature, merge), run_all(session, images))


def compare_answers(expected: Probabilities, found: Probabilities) -> Parity:
    """Compare (n, labels) probabilities of Keras and of the runtime for the same images.

    Raises:
        TrainingError: a top label differs, or a probability by more than 1e-4.
    """
    parity = Parity(
        images=len(expected),
        same_top=int((found.argmax(axis=1) == expected.argmax(axis=1)).sum()),
        largest_difference=float(np.abs(found - expected).max()),
    )
    if parity.same_top < parity.images or parity.largest_difference > TOLERANCE:
        raise TrainingError(
            f'the exported graph differs from Keras: same label on {parity.same_top} of '
            f'{parity.images} images, probabilities off by {parity.largest_difference:.1e} where '
            f'{TOLERANCE:g} is allowed: check the versions of tf2onnx and onnxruntime'
        )
    return parity
