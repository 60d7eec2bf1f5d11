# SPDX-License-Identifier: Apache-2.0
"""How long a frame will take, and which variant can still finish: pure code, times given in."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Choice(NamedTuple):
    """A variant to run, and what it is expected to take; an empty name: none fits."""

    variant: str
    predicted_ms: float


class Budget:
    """Predicts the time of each variant, and picks the most accurate that fits.

    One slow-down factor serves all variants, since what slows one (heat, clocks, contention)
    slows all: the ratio of measured to profiled time, as a moving mean and deviation. The same
    is kept of what a frame costs beside inference.

    Args:
        profile_ms: inference time of each variant at warm-up, in milliseconds, keyed by name,
            most accurate first.
        deviations: how many deviations above the mean to plan for.
        weight: weight of the newest measurement in the moving means, 0 to 1.
    """

    def __init__(
        self, profile_ms: Mapping[str, float], deviations: float = 1.0, weight: float = 0.1
    ) -> None:
        self._profile_ms = dict(profile_ms)
        self._deviations = deviations
        self._slowdown = MovingMean(1.0, weight)
        self._overhead_ms = MovingMean(0.0, weight)

    @property
    def slowdown(self) -> float:
        """Ratio of recent to profiled inference time."""
        return self._slowdown.mean

    def predict_ms(self, variant: str) -> float:
        """Time from taking up a frame to its publication on this variant, in milliseconds."""
        slowdown = self._slowdown.above(self._deviations)
        overhead_ms = self._overhead_ms.above(self._deviations)
        return self._profile_ms[variant] * slowdown + overhead_ms

    def choose(self, left_ms: float, variants: Sequence[str] = ()) -> Choice:
        """Pick the first variant, in order of accuracy, predicted to take at most `left_ms`.

        When none fits, nothing is measured either: the estimates then move towards their values
        at rest, so that a passing slow-down cannot lock the node into never running again.
        """
        names = variants or tuple(self._profile_ms)
        predictions = [Choice(name, self.predict_ms(name)) for name in names]
        for choice in predictions:
            if choice.predicted_ms <= left_ms:
                return choice
        fastest = min(predictions, key=lambda choice: choice.predicted_ms)
        if left_ms > 0:
            self._slowdown.relax(1.0)
            self._overhead_ms.relax(0.0)
        return Choice('', fastest.predicted_ms)

    def measured(self, variant: str, inference_ms: float, overhead_ms: float) -> None:
        """Learn from a frame that ran."""
        self._slowdown.add(inference_ms / self._profile_ms[variant])
        self._overhead_ms.add(overhead_ms)


class MovingMean:
    """Exponentially weighted mean and deviation (West 1979, incremental form)."""

    def __init__(self, start: float, weight: float) -> None:
        self.mean = start
        self._variance = 0.0
        self._weight = weight

    def add(self, value: float) -> None:
        """Take in one measurement."""
        difference = value - self.mean
        self.mean += self._weight * difference
        self._variance = (1 - self._weight) * (self._variance + self._weight * difference**2)

    def relax(self, rest: float) -> None:
        """Move towards a value at rest, as a measurement of it would, and forget doubt."""
        self.mean += self._weight * (rest - self.mean)
        self._variance *= 1 - self._weight

    def above(self, deviations: float) -> float:
        """Return the mean plus so many deviations."""
        return self.mean + deviations * math.sqrt(self._variance)
