# SPDX-License-Identifier: Apache-2.0
"""A bundle that teaches: its probabilities, softened, for the images of a batch."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue

import numpy as np
import numpy.typing as npt

from mobilenet_perception.frames import Frame, crop_and_resize
from mobilenet_perception.inference.bundle import load_bundle
from mobilenet_perception.inference.runtimes import Session, create_runtime
from training.configuration.settings import Loss
from training.data.data_set import Pixels, published_labels
from training.errors import TrainingError

Targets = npt.NDArray[np.float32]


class Teacher:
    """The most accurate variant of a bundle (Hinton et al., 2015).

    It must publish the very labels that the student's outputs stand for: how a probability of a
    merged label would divide among finer outputs, the bundle does not tell.
    """

    def __init__(self, loss: Loss, labels: Sequence[str], merge: Mapping[str, str]) -> None:
        """Load the bundle.

        Args:
            loss: where the bundle lies, its weight and temperature.
            labels: of the student's outputs.
            merge: label that is published, by label of the student.

        Raises:
            BundleError: it cannot be loaded.
            TrainingError: its labels are not those of the student.
        """
        bundle = load_bundle(Path(loss.teacher))
        variant = bundle.manifest.variants[0]
        theirs = bundle.manifest.labels
        ours = [merge.get(label, label) for label in labels]
        if len(published_labels(labels, merge)) < len(labels):
            raise TrainingError(
                f'{len(labels)} classes cannot be learnt from the teacher {loss.teacher}, which '
                f'knows {len(theirs)}: give data whose labels are not merged, or no teacher'
            )
        if set(ours) != set(theirs):
            odd = sorted(set(ours) ^ set(theirs))
            raise TrainingError(
                f'the teacher {loss.teacher} has other labels than the data '
                f'({", ".join(odd[:3])}, ...): give a bundle trained on the same labels'
            )
        self.height = variant.height
        self.width = variant.width
        self._columns = [theirs.index(label) for label in ours]
        self._weight = loss.teacher_weight
        self._temperature = loss.teacher_temperature
        self._model = bundle.models[variant.name], variant.name
        self._runtime = create_runtime()
        # A session serves one thread at a time.
        self._idle: SimpleQueue[Session] = SimpleQueue()
        self._idle.put(self._runtime.load(*self._model))

    def teach(self, images: Pixels, targets: Targets) -> Targets:
        """Return targets in which the teacher's softened probabilities have their share.

        Args:
            images: (batch, any height, any width, 3) uint8 RGB, as the student sees them.
            targets: (batch, classes) float32 probabilities.
        """
        try:
            session = self._idle.get_nowait()
        except Empty:
            session = self._runtime.load(*self._model)
        size = (self.height, self.width)
        scores = np.stack(
            [session.run(crop_and_resize(Frame(image, 'rgb'), *size)) for image in images]
        )
        self._idle.put(session)
        taught: Targets = softened(scores[:, self._columns], self._temperature)
        return (1 - self._weight) * targets + self._weight * taught


def softened(probabilities: Targets, temperature: float) -> Targets:
    """Return probabilities as the softmax of their logits over the temperature."""
    # Logits are known but for a constant, which softmax ignores.
    powers = np.maximum(probabilities, 1e-12).astype(np.float64) ** (1 / temperature)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)
