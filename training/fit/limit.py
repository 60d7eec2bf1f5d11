# SPDX-License-Identifier: Apache-2.0
"""The time limit of a training: what is left of it, and when to end in time."""

import math
import time

# To build the network that is kept, and to write it.
_LEAST_RESERVE = 5.0
_RESERVE_SHARE = 0.04
# A head may take so much of the time, where fine-tuning is to follow.
_HEAD_SHARE = 0.6
# Of the time of a step of training, which has a backward pass, too.
_VALIDATION_STEP = 0.6


class TimeLimit:
    """What `minutes` leave; none: they leave all the time in the world."""

    def __init__(self, minutes: float, begun: float | None = None) -> None:
        """Begin.

        Args:
            minutes: 0: no limit.
            begun: `time.monotonic()` when the command began; None: now.
        """
        self._seconds = minutes * 60 or math.inf
        self._begun = time.monotonic() if begun is None else begun

    def count(self, seconds: float) -> None:
        """Count what an interrupted training took before."""
        self._begun -= seconds

    def left(self) -> float:
        """Return the seconds left to train, in which the result is not yet written."""
        reserve = max(_LEAST_RESERVE, _RESERVE_SHARE * self._seconds)
        if math.isinf(self._seconds):
            return math.inf
        return self._seconds - reserve - (time.monotonic() - self._begun)

    def left_for_head(self, alone: bool) -> bool:
        """Return whether features and head may go on; `alone`: nothing is trained after them."""
        after = 0.0 if alone or math.isinf(self._seconds) else (1 - _HEAD_SHARE) * self._seconds
        return self.left() > after

    def left_for_steps(self, step_seconds: float, validation_steps: int) -> bool:
        """Return whether there is time for a step and the validation after it."""
        return self.left() > step_seconds * (1 + _VALIDATION_STEP * validation_steps)
