# SPDX-License-Identifier: Apache-2.0
"""How sure a bundle is of a frame, and whether it is right."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class Opinion(NamedTuple):
    """What a bundle makes of a frame: see `manifest.Extracted`."""

    answer: str
    score: float | None
    margin: float | None


NO_OPINION = Opinion('', None, None)


def opinion_of(
    scores: npt.NDArray[np.float32], labels: Sequence[str], truth: str | None
) -> Opinion:
    """Return the best label, its score, and the margin: negative where another label is right.

    The margin as a measure of doubt: Scheffer, Decomain, Wrobel: Active hidden Markov models for
    information extraction, IDA 2001.

    Args:
        scores: (labels,) probabilities.
        labels: their names.
        truth: the right label; None, or one that the bundle does not know: the best is taken.
    """
    best = int(scores.argmax())
    right = labels.index(truth) if truth in labels else best
    margin = float(scores[right] - np.delete(scores, right).max())
    return Opinion(labels[best], float(scores[best]), margin)
