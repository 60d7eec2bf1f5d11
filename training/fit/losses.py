# SPDX-License-Identifier: Apache-2.0
"""What is minimised, and how much each class weighs in it."""

from collections import Counter
from collections.abc import Sequence

import keras
import numpy as np
import numpy.typing as npt

from training.configuration import Loss
from training.data.sample import Sample


def make_loss(settings: Loss) -> keras.losses.Loss:
    """Return the loss of logits against targets, probabilities of the classes.

    Label smoothing and the teacher are in the targets of training, so the loss of validation is
    that of the true labels, and comparable between configurations.
    """
    if settings.name == 'focal':
        # Lin et al., ICCV 2017, equation 4; classes are weighed by `class_weights`, not by alpha.
        return keras.losses.CategoricalFocalCrossentropy(
            alpha=1.0, gamma=settings.focal_gamma, from_logits=True
        )
    return keras.losses.CategoricalCrossentropy(from_logits=True)


def class_weights(samples: Sequence[Sample], labels: Sequence[str]) -> npt.NDArray[np.float32]:
    """Return (classes,) float32, by the inverse of the frequency: 1 on average over the samples.

    A class without samples weighs 0.
    """
    counts = Counter(sample.label for sample in samples)
    of_label = np.array([counts[label] for label in labels], np.float64)
    weights = np.zeros(len(labels))
    np.divide(len(samples), len(counts) * of_label, out=weights, where=of_label > 0)
    return weights.astype(np.float32)
