# SPDX-License-Identifier: Apache-2.0
"""The latency budget: how long a frame will take now, and which variant can still finish.

Pure code, times given in: a filter of how much slower than at rest this machine is, with its own
doubt, and on it the choice of a variant.
"""

import math
from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import NamedTuple

DEFAULT_RISK = 0.01
# Share of the past in the variances: about the last ten measurements count.
_MEMORY = 0.9
# Clocks and caches always vary by some percent.
_LEAST_VARIANCE = 1e-3
# At rest it must stay awake, and in a storm it must not believe one measurement alone.
_LEAST_GAIN, _MOST_GAIN = 0.05, 0.9
# A better variant must fit with so much to spare, or the choice would flicker.
_CLIMB_MARGIN = 0.1
# Frames run together all end with the last, so that a batch must be faster by more than a trifle.
_WORTHWHILE = 0.9
# A run that is over its time may be slowed down more than it has shown yet, by this factor.
_WORSE = 2.0


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

    def update(self, value: float) -> None:
        """Take in one measurement."""
        surprise, step = value - self._mean, value - self._last
        self._last = value
        self._innovations += (1 - _MEMORY) * (surprise**2 - self._innovations)
        self._noise += (1 - _MEMORY) * (step**2 / 2 - self._noise)
        gain = 1 - self._noise / self._innovations if self._innovations else 0.0
        self._mean += min(max(gain, _LEAST_GAIN), _MOST_GAIN) * surprise

    def decay(self) -> None:
        """Move towards rest, and doubt less: what is not measured must not be feared for ever."""
        self._mean += (1 - _MEMORY) * (self._rest - self._mean)
        self._innovations *= _MEMORY
        self._noise *= _MEMORY


class Choice(NamedTuple):
    """A variant to run, and what it is expected to take; an empty name: none fits."""

    variant: str
    predicted_ms: float


class RegionPlan(NamedTuple):
    """What to look at in a frame.

    Attributes:
        variant: to run; empty: none fits.
        fitting: regions that fit into the time left.
        together: regions of the next run.
        predicted_ms: what these regions are expected to take, or one on the fastest where none
            fits.
    """

    variant: str
    fitting: int
    together: int
    predicted_ms: float


class Budget:
    """Predicts the time of each variant, and picks the most accurate that fits.

    One slow-down factor serves all variants, since what slows one (heat, clocks, contention)
    slows all: the ratio of measured to profiled time. The same is kept of a frame's overhead, what
    it costs beside inference. Both are planned for at the quantile that is exceeded with
    probability `risk`, as if they were normally distributed.

    Args:
        profile_ms: inference time of each variant at warm-up, in milliseconds, keyed by name,
            most accurate first.
        risk: probability of overrunning to plan for, above 0 to 0.5.
        batch_ms: by variant, inference time at warm-up of one frame, of two at once, and so on.
    """

    def __init__(
        self,
        profile_ms: Mapping[str, float],
        risk: float = DEFAULT_RISK,
        batch_ms: Mapping[str, Sequence[float]] | None = None,
    ) -> None:
        self._profile_ms = dict(profile_ms)
        self._batch_ms = dict(batch_ms or {})
        self._slowdown = SlowdownFilter()
        self._overhead_ms = SlowdownFilter(rest=0.0)
        self._region_ms = SlowdownFilter(rest=0.0)
        self.risk = risk

    @property
    def risk(self) -> float:
        """Probability of overrunning to plan for."""
        return self._risk

    @risk.setter
    def risk(self, risk: float) -> None:
        self._risk = risk
        self._deviations = NormalDist().inv_cdf(1.0 - risk)

    @property
    def slowdown(self) -> float:
        """Ratio of recent to profiled inference time."""
        return self._slowdown.mean

    def predict_ms(self, variant: str) -> float:
        """Time from taking up a frame to its publication on this variant, in milliseconds."""
        return self.predict_batch_ms(variant, 1)

    def predict_batch_ms(self, variant: str, count: int) -> float:
        """Time from taking up so many frames to their publication after one run."""
        slowdown = self._planned(self._slowdown)
        return self._run_ms(variant, count) * slowdown + count * self.overhead_ms()

    def worthwhile_batches(self, variant: str) -> list[int]:
        """Return how many frames at once take less time than one after the other, most first."""
        one_ms = self._profile_ms[variant]
        times = enumerate(self._batch_ms.get(variant, ()), 1)
        return [n for n, ms in times if n > 1 and ms < _WORTHWHILE * n * one_ms][::-1]

    def overhead_ms(self) -> float:
        """Time that a frame takes beside inference, in milliseconds."""
        return max(0.0, self._planned(self._overhead_ms))

    def choose(
        self, left_ms: float, variants: Sequence[str] = (), current: str = '', learn: bool = True
    ) -> Choice:
        """Pick the first variant, in order of accuracy, predicted to take at most `left_ms`.

        When none does at the risk to plan for, the fastest is picked if it is likelier than not to
        finish. When that is not either, nothing is measured: the estimates then move towards their
        values at rest, so that a passing slow-down cannot lock the node into never running again.

        Args:
            left_ms: what is left of the budget.
            variants: what to choose from, most accurate first; empty: all.
            current: what ran last; one more accurate must fit with a tenth to spare.
            learn: whether this choice is for a frame that is given up if nothing fits.
        """
        names = variants or tuple(self._profile_ms)
        predictions = [Choice(name, self.predict_ms(name)) for name in names]
        if best := _best_that_fits(predictions, left_ms, current):
            return best
        # Nor may the margin leave a frame without an answer.
        if fitting := [choice for choice in predictions if choice.predicted_ms <= left_ms]:
            return fitting[0]
        fastest = min(predictions, key=lambda choice: choice.predicted_ms)
        if self._likely_ms(fastest.variant) <= left_ms:
            return fastest
        if learn and left_ms > 0:
            self._slowdown.decay()
            self._overhead_ms.decay()
        return Choice('', fastest.predicted_ms)

    def plan_regions(
        self, left_ms: float, variants: Sequence[str], count: int, current: str = ''
    ) -> RegionPlan:
        """Plan regions of one frame.

        The most accurate variant with which all fit; else the fastest, with as many as fit. One
        region is tried as `choose` would try a frame.

        Args:
            left_ms: what is left of the frame's budget.
            variants: what to choose from, most accurate first.
            count: regions to look at, at least 1.
            current: what ran last; one more accurate must fit with a tenth to spare.
        """
        predictions = [Choice(name, self.predict_regions_ms(name, count)) for name in variants]
        if best := _best_that_fits(predictions, left_ms, current):
            variant, fitting = best.variant, count
        else:
            variant = min(predictions, key=lambda choice: choice.predicted_ms).variant
            counts = range(count, 0, -1)
            fits = (n for n in counts if self.predict_regions_ms(variant, n) <= left_ms)
            fitting = next(fits, 0)
        if not fitting:
            alone = self.choose(left_ms, variants)
            return RegionPlan(alone.variant, int(bool(alone.variant)), 1, alone.predicted_ms)
        needed_ms = self.predict_regions_ms(variant, fitting)
        return RegionPlan(variant, fitting, self._together(variant, fitting), needed_ms)

    def predict_regions_ms(self, variant: str, count: int) -> float:
        """Time from taking up a frame to the publication of so many of its regions."""
        run_ms, left = 0.0, count
        while left:
            together = self._together(variant, left)
            run_ms += self._run_ms(variant, together)
            left -= together
        beside_ms = self.overhead_ms() + count * max(0.0, self._planned(self._region_ms))
        return run_ms * self._planned(self._slowdown) + beside_ms

    def _together(self, variant: str, count: int) -> int:
        """Return how many of so many regions to run at once."""
        return next((n for n in self.worthwhile_batches(variant) if n <= count), 1)

    def choose_best_effort(self, left_ms: float, variants: Sequence[str]) -> str:
        """Pick the most accurate that fits; else the fastest: a chance is better than none."""
        fitting = self.choose(left_ms, variants, learn=False).variant
        return fitting or min(variants, key=self._profile_ms.__getitem__)

    def faster(self, variant: str, among: Sequence[str]) -> list[str]:
        """Return those that are faster than a variant at rest, in their order."""
        return [name for name in among if self._profile_ms[name] < self._profile_ms[variant]]

    def abandon_after_ms(
        self, variant: str, left_ms: float, faster: Sequence[str], count: int = 1
    ) -> float:
        """Time after which to abandon a run, so that a faster variant can still finish.

        A run that lasts longer than planned shows a slow-down of its own; the faster variant is
        expected to suffer the same. Infinite: no other could finish, or it would cut off runs that
        are within what was planned.

        Args:
            variant: what runs.
            left_ms: what is left of the budget as it begins.
            faster: what could run instead.
            count: frames that are run at once.
        """
        own_ms = self._run_ms(variant, count)
        if not faster or math.isinf(left_ms):
            return math.inf
        fastest_ms = min(self._profile_ms[name] for name in faster)
        after_ms = (left_ms - self.overhead_ms()) / (1.0 + _WORSE * fastest_ms / own_ms)
        planned_ms = own_ms * self._planned(self._slowdown)
        return after_ms if after_ms > planned_ms else math.inf

    def record_run(self, variant: str, inference_ms: float, count: int = 1) -> None:
        """Learn from a run of so many frames; of one that was abandoned, the time until then.

        A stall lengthens a short run by as much as a long one, so that the ratio of a short run
        says less of how others will be slowed down: its surprise weighs less.
        """
        own_ms, mean = self._run_ms(variant, count), self._slowdown.mean
        weight = min(1.0, math.sqrt(own_ms / max(self._profile_ms.values())))
        self._slowdown.update(mean + weight * (inference_ms / own_ms - mean))

    def record_overhead(self, overhead_ms: float) -> None:
        """Learn what a frame cost beside inference."""
        self._overhead_ms.update(overhead_ms)

    def record_region(self, preprocess_ms: float) -> None:
        """Learn what a region cost beside inference."""
        self._region_ms.update(preprocess_ms)

    def _run_ms(self, variant: str, count: int) -> float:
        return self._profile_ms[variant] if count == 1 else self._batch_ms[variant][count - 1]

    def _likely_ms(self, variant: str) -> float:
        return self._profile_ms[variant] * self._slowdown.mean + self._overhead_ms.mean

    def _planned(self, quantity: SlowdownFilter) -> float:
        return quantity.mean + self._deviations * quantity.deviation


def _best_that_fits(predictions: Sequence[Choice], left_ms: float, current: str) -> Choice | None:
    """Return the first that fits; one better than what ran last must fit with room to spare."""
    names = [choice.variant for choice in predictions]
    rank = names.index(current) if current in names else 0
    for position, choice in enumerate(predictions):
        margin = _CLIMB_MARGIN if position < rank else 0.0
        if choice.predicted_ms * (1.0 + margin) <= left_ms:
            return choice
    return None
