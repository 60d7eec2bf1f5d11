# SPDX-License-Identifier: Apache-2.0
"""Accuracy of each group (a track, a sequence): mistakes come in groups, not frame by frame."""

from collections import Counter
from typing import NamedTuple

from training.evaluation.predictions import Predictions


class GroupAccuracy(NamedTuple):
    """How well one group is recognised.

    Attributes:
        group: its name.
        label: what its frames truly are; the most frequent, if several.
        frames: how many.
        correct: of them, how many are recognised.
        accuracy: their share, 0 to 1.
        mistaken_for: the wrong label given most often; empty if none.
    """

    group: str
    label: str
    frames: int
    correct: int
    accuracy: float
    mistaken_for: str


def accuracy_by_group(predictions: Predictions) -> tuple[GroupAccuracy, ...]:
    """Return every group, the worst first; of equals the one with more wrong frames first."""
    pairs: dict[str, list[tuple[int, int]]] = {}
    answers = zip(predictions.truth.tolist(), predictions.predicted.tolist(), strict=True)
    for group, answer in zip(predictions.groups, answers, strict=True):
        pairs.setdefault(group, []).append(answer)
    found = [_group(name, answers, predictions.labels) for name, answers in pairs.items()]
    return tuple(sorted(found, key=lambda g: (g.accuracy, g.correct - g.frames, g.group)))


def _group(name: str, pairs: list[tuple[int, int]], labels: tuple[str, ...]) -> GroupAccuracy:
    truth = Counter(true for true, _ in pairs)
    wrong = Counter(given for true, given in pairs if given != true)
    correct = len(pairs) - sum(wrong.values())
    return GroupAccuracy(
        group=name,
        label=labels[truth.most_common(1)[0][0]],
        frames=len(pairs),
        correct=correct,
        accuracy=correct / len(pairs),
        mistaken_for=labels[wrong.most_common(1)[0][0]] if wrong else '',
    )
