# SPDX-License-Identifier: Apache-2.0
"""How much slower than at rest this machine is now: a filter with its own doubt."""

import math

# Share of the past in the variances: about the last ten measurements count.
_MEMORY = 0.9
# Clocks and caches always vary by some percent.
_LEAST_VARIANCE = 1e-3
# At rest it must stay awake, and in a storm it must not believe one measurement alone.
_LEAST_GAIN, _MOST_GAIN = 0.05, 0.9


class SlowdownFilter:
    """A Kalman filter of a quantity that wanders, and jumps when another process starts.

    After ALERT (Wan et al., USENIX ATC 2020), which filters the ratio of measured to profiled
    time of all networks together. Of a random walk seen through noise, the gain is (C - R) / C:
    C, the variance of the innovations, less R, that of the measurement noise, is what the walk
    did. Neither is known of a user's machine, so both are estimated as it runs (Mehra, IEEE
    Transactions on Automatic Control 15(2), 1970): R from neighbouring measurements, whose
    difference a jump enlarges once, while the innovations stay large until it is followed.

    Args:
        rest: value of the quantity on an idle machine.
    """

    def __init__(self, rest: float = 1.0) -> None:
        self._rest = rest
        self._mean = rest
        self._last = rest
        self._innovations = self._noise = _LEAST_VARIANCE

    @property
    def mean(self) -> float:
        """The estimate."""
        return self._mean

    @property
    def deviation(self) -> float:
        """Standard deviation of the next measurement about the mean, as the last ones tell."""
        return math.sqrt(max(_LEAST_VARIANCE, self._innovations))

    def measured(self, value: float) -> None:
        """Take in one measurement."""
        surprise, step = value - self._mean, value - self._last
        self._last = value
        self._innovations += (1 - _MEMORY) * (surprise**2 - self._innovations)
        self._noise += (1 - _MEMORY) * (step**2 / 2 - self._noise)
        gain = 1 - self._noise / self._innovations if self._innovations else 0.0
        self._mean += min(max(gain, _LEAST_GAIN), _MOST_GAIN) * surprise

    def relax(self) -> None:
        """Move towards rest, and doubt less: what is not measured must not be feared for ever."""
        self._mean += (1 - _MEMORY) * (self._rest - self._mean)
        self._innovations *= _MEMORY
        self._noise *= _MEMORY
