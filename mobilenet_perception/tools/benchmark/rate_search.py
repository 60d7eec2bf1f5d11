# SPDX-License-Identifier: Apache-2.0
"""The highest camera rate held: a search by short trials, then a long one to confirm it.

A rate is *held* in a trial when fewer than 0.1 % of the frames sent did not come back on time, for
whatever reason: late, expired, superseded by a newer frame, failed, or lost on the way. (The
node's own miss rate leaves superseded frames out: a planner loses nothing by them. A camera's
rate is not held, however, if frames of it are passed over.)

1. From the first rate, double while it is held, or halve until it is.
2. Bisect between the highest rate held and the lowest not held, until they are within `ratio`.
   A short trial has few frames, in which one hiccup of the machine is too many: one that is not
   held is repeated once, and the second counts.
3. Confirm the rate by a long trial. If it is not held there, step down by `ratio`, then by twice
   as many steps, and so on. The rate found is one that a long trial has held: a lower bound.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from mobilenet_perception.tools.benchmark.settings import SearchSettings

MISS_LIMIT = 0.001


class Attempt(NamedTuple):
    """One trial of the search.

    Attributes:
        rate_hz: frames a second that it asked for.
        confirming: it was a long one.
        held: whether the rate was held.
        limit: why not, in words; empty when it was.
    """

    rate_hz: float
    confirming: bool
    held: bool
    limit: str


class SearchResult(NamedTuple):
    """What a search found.

    Attributes:
        rate_hz: the highest rate that a long trial held; None: not even the lowest was.
        limit: what kept the next higher rate from being held; empty: nothing did up to the end
            of the range.
        attempts: all trials, in order.
    """

    rate_hz: float | None
    limit: str
    attempts: tuple[Attempt, ...]


def highest_rate(
    attempt: Callable[[float, bool], Attempt], settings: SearchSettings
) -> SearchResult:
    """Search the highest rate held.

    Args:
        attempt: makes a trial of a rate in Hz; a long one if the second argument is true.
        settings: range and precision.
    """
    attempts: list[Attempt] = []

    def holds(rate_hz: float, confirming: bool = False) -> bool:
        for _ in range(1 if confirming else 2):
            attempts.append(attempt(rate_hz, confirming))
            if attempts[-1].held:
                return True
        return False

    rate_hz = _bisect(holds, settings)
    step = 1
    while rate_hz is not None and not holds(rate_hz, confirming=True):
        lower_hz = max(rate_hz / settings.ratio**step, settings.lowest_hz)
        rate_hz, step = (lower_hz if lower_hz < rate_hz else None), 2 * step
    return SearchResult(rate_hz, _limit(attempts, rate_hz or 0.0), tuple(attempts))


def _limit(attempts: Sequence[Attempt], above_hz: float) -> str:
    failed = [tried for tried in attempts if not tried.held and tried.rate_hz > above_hz]
    if not failed:
        return ''
    # Of several at one rate, the last: it decided.
    lowest = min(reversed(failed), key=lambda tried: tried.rate_hz)
    return f'at {lowest.rate_hz:.1f} Hz, {lowest.limit}'


def _bisect(holds: Callable[[float], bool], settings: SearchSettings) -> float | None:
    held, not_held = _bracket(holds, settings)
    if held is None or not_held is None:
        return held
    while not_held / held > settings.ratio:
        # Rates are compared by their ratio, so the middle is the geometric one.
        middle = (held * not_held) ** 0.5
        if holds(middle):
            held = middle
        else:
            not_held = middle
    return held


def _bracket(
    holds: Callable[[float], bool], settings: SearchSettings
) -> tuple[float | None, float | None]:
    """Return a rate held and one not held; None where the range has none."""
    rate_hz = min(max(settings.first_hz, settings.lowest_hz), settings.highest_hz)
    if holds(rate_hz):
        while rate_hz < settings.highest_hz:
            above_hz = min(2 * rate_hz, settings.highest_hz)
            if not holds(above_hz):
                return rate_hz, above_hz
            rate_hz = above_hz
        return rate_hz, None
    while rate_hz > settings.lowest_hz:
        below_hz = max(rate_hz / 2, settings.lowest_hz)
        if holds(below_hz):
            return below_hz, rate_hz
        rate_hz = below_hz
    return None, rate_hz
