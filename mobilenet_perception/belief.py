# SPDX-License-Identifier: Apache-2.0
"""How probable each label is, given the scores of the frames until now."""

import math

import numpy as np
import numpy.typing as npt

from mobilenet_perception.clock import NS_PER_MS

Probabilities = npt.NDArray[np.float64]

# Chance that a frame says nothing of what is there: blur, a passer-by, a network that errs.
_OUTLIER = 0.05
# Frames closer than this to one another are one picture taken twice, not two witnesses.
_INDEPENDENT_MS = 30.0


class Belief:
    """The forward filter of a hidden Markov model (Rabiner, Proceedings of the IEEE 77(2), 1989).

    What is in front of the camera changes now and then, to any other label alike; each frame shows
    it through calibrated scores, or by chance something else. Forgetting goes by time, not by the
    number of frames.

    Args:
        labels: how many there are.
        persistence_ms: mean time that a label lasts.
    """

    def __init__(self, labels: int, persistence_ms: float) -> None:
        self.persistence_ms = persistence_ms
        self._labels = labels
        self.forget()

    def forget(self) -> None:
        """Start anew: every label is as probable as the others."""
        self._belief: Probabilities = np.full(self._labels, 1.0 / self._labels)
        self._captured_ns: int | None = None

    def take(self, scores: npt.NDArray[np.float32], captured_ns: int) -> Probabilities:
        """Take in a frame and return (labels,) probabilities as of its capture.

        Args:
            scores: (labels,) calibrated probabilities.
            captured_ns: the moment of capture on the steady clock; one before the last frame's
                is taken for the same moment.
        """
        weight, last_ns = 1.0, self._captured_ns
        if last_ns is not None:
            captured_ns = max(captured_ns, last_ns)
            weight = min(1.0, (captured_ns - last_ns) / NS_PER_MS / _INDEPENDENT_MS)
        likelihood = (1 - _OUTLIER) * scores.astype(np.float64) + _OUTLIER / self._labels
        belief = self.at(captured_ns) * likelihood**weight
        self._belief, self._captured_ns = belief / belief.sum(), captured_ns
        return self._belief

    def at(self, steady_ns: int) -> Probabilities:
        """Return (labels,) probabilities at a moment, without a frame since the last one."""
        if self._captured_ns is None:
            return self._belief
        passed_ms = max(0, steady_ns - self._captured_ns) / NS_PER_MS
        stays = math.exp(-passed_ms / self.persistence_ms)
        return np.asarray(stays * self._belief + (1 - stays) / self._labels)
