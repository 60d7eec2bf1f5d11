# SPDX-License-Identifier: Apache-2.0
"""Predictions made up for tests."""

import numpy as np

from training.evaluation.predictions import Predictions

LABELS = ('a', 'b', 'c')


def answered(truth: list[int], given: list[int], groups: list[str], sure: float) -> Predictions:
    """Return predictions of three labels that give each frame one of them, equally surely."""
    probabilities = np.full((len(truth), len(LABELS)), (1 - sure) / 2, np.float32)
    probabilities[np.arange(len(truth)), given] = sure
    names = tuple(f'{index}.png' for index in range(len(truth)))
    return Predictions(LABELS, probabilities, np.array(truth, np.int64), tuple(groups), names)


def tracks(random: np.random.Generator, groups: int, frames: int = 10) -> Predictions:
    """Draw tracks whose frames are alike: true accuracy 0.8, all or nothing in 3 of 4 tracks."""
    whole = random.random(groups) < 0.75
    luck = np.where(whole[:, None], random.random((groups, 1)), random.random((groups, frames)))
    truth = np.repeat(random.integers(len(LABELS), size=groups), frames)
    given = np.where(luck.ravel() < 0.8, truth, (truth + 1) % len(LABELS))
    names = [str(index) for index in np.repeat(np.arange(groups), frames)]
    return answered(truth.tolist(), given.tolist(), names, 0.8)
