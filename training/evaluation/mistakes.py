# SPDX-License-Identifier: Apache-2.0
"""The worst mistakes: what the network was surest of, and wrong about."""

from typing import NamedTuple

import numpy as np

from training.evaluation.predictions import Predictions


class Mistake(NamedTuple):
    """A frame that got the wrong label.

    Attributes:
        position: its index among the predictions.
        name: of the frame.
        group: that it belongs to.
        truth: its label.
        predicted: the label given.
        probability: of the label given, 0 to 1.
        true_probability: of the true label, 0 to 1.
    """

    position: int
    name: str
    group: str
    truth: str
    predicted: str
    probability: float
    true_probability: float


def worst_mistakes(
    predictions: Predictions, most: int = 24, per_group: int = 2
) -> tuple[Mistake, ...]:
    """Return wrong frames, the surest first; at most `most`, and `per_group` of each group.

    Frames of one group are near duplicates: without the limit one track would fill the list.
    """
    wrong = np.flatnonzero(predictions.predicted != predictions.truth)
    order = wrong[np.argsort(-predictions.confidence[wrong], kind='stable')]
    taken: dict[str, int] = {}
    found: list[Mistake] = []
    for index in order.tolist():
        group = predictions.groups[index]
        taken[group] = taken.get(group, 0) + 1
        if taken[group] <= per_group and len(found) < most:
            found.append(_mistake(predictions, index))
    return tuple(found)


def _mistake(predictions: Predictions, index: int) -> Mistake:
    given, true = int(predictions.predicted[index]), int(predictions.truth[index])
    return Mistake(
        index,
        predictions.names[index],
        predictions.groups[index],
        predictions.labels[true],
        predictions.labels[given],
        float(predictions.probabilities[index, given]),
        float(predictions.probabilities[index, true]),
    )
