# SPDX-License-Identifier: Apache-2.0
"""What a graph must answer: calibrated probabilities, and the same from ONNX as from Keras."""

from typing import Any

import numpy as np
from scipy.special import softmax

from mobilenet_perception.inference.runtimes import Session
from training.configuration.records import Record
from training.data.data_set import Logits, Merge, Pixels, Probabilities
from training.errors import TrainingError

TOLERANCE = 1e-4


class Thresholds(Record):
    """Scores from which a label is taken, and below which it is left again."""

    decide_above: float
    leave_below: float


class Parity(Record):
    """How far apart two implementations are on the same images."""

    images: int
    same_top: int
    largest_difference: float


def calibrated(logits: Logits, temperature: float, merge: Merge | None = None) -> Probabilities:
    """Return the (n, labels) probabilities of (n, outputs) logits."""
    scores = softmax(logits.astype(np.float64) / temperature, axis=1)
    return np.asarray(scores if merge is None else scores @ merge, np.float32)


def run_all(session: Session, images: Pixels) -> Probabilities:
    """Run (n, height, width, 3) uint8 RGB images through a runtime: (n, classes)."""
    if not len(images):
        return np.zeros((0, session.classes), np.float32)
    return np.stack([session.run(image).copy() for image in images])


def check_parity(
    network: Any,
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
