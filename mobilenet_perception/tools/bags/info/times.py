# SPDX-License-Identifier: Apache-2.0
"""Times of a camera's frames: how evenly they were recorded, and what their stamps are worth."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mobilenet_perception.pipeline.health import stamp_trouble
from mobilenet_perception.pipeline.timing import NS_PER_MS
from mobilenet_perception.tools.bags.reason_counter import ReasonCounter

Times = npt.NDArray[np.int64]
# A gap of two periods is one frame lost; jitter stays below this.
LONG_PERIODS = 1.5


class Ages(NamedTuple):
    """Time of recording minus capture stamp, in milliseconds."""

    median: float
    min: float
    max: float


class Stamps(NamedTuple):
    """What the capture stamps are worth.

    Attributes:
        ages_ms: of the frames that carry a stamp; None: none does.
        zero: frames without a stamp.
        repeated: frames with the stamp of the frame before.
        backward: frames with an older stamp than the frame before.
        not_believed: frames whose budget the node would count from receipt.
        trouble: what the node says of most of them; empty: there are none.
        over_budget: frames believed, but as old as the budget when they were recorded.
    """

    ages_ms: Ages | None
    zero: int
    repeated: int
    backward: int
    not_believed: int
    trouble: str
    over_budget: int


def stamps_of(stamps_ns: Times, times_ns: Times, budget_ms: float, max_skew_ms: float) -> Stamps:
    """Compare stamps with times of recording, both (n,) in nanoseconds, in recorded order.

    Args:
        stamps_ns: the capture stamps.
        times_ns: when the frames were recorded: about when a node would have received them.
        budget_ms: `latency_budget_ms`.
        max_skew_ms: `max_clock_skew_ms`.
    """
    stamped = stamps_ns > 0
    ages_ms = (times_ns - stamps_ns) / NS_PER_MS
    believed = np.ones(len(stamps_ns), bool)
    troubles = ReasonCounter()
    for place, stamp_ns in enumerate(stamps_ns.tolist()):
        if trouble := stamp_trouble(stamp_ns, float(ages_ms[place]), max_skew_ms):
            believed[place] = False
            troubles.add(trouble)
    steps = np.diff(stamps_ns[stamped])
    return Stamps(
        ages_ms=_ages(ages_ms[stamped]),
        zero=int((~stamped).sum()),
        repeated=int((steps == 0).sum()),
        backward=int((steps < 0).sum()),
        not_believed=troubles.total,
        trouble=next(iter(troubles.counts()), ''),
        over_budget=int((believed & (ages_ms >= budget_ms)).sum()),
    )


def _ages(ages_ms: npt.NDArray[np.float64]) -> Ages | None:
    if not ages_ms.size:
        return None
    return Ages(float(np.median(ages_ms)), float(ages_ms.min()), float(ages_ms.max()))


class Rate(NamedTuple):
    """Frames a second, and the gaps between them.

    Attributes:
        median_hz: one over the median gap.
        lowest_hz: one over the longest gap.
        longest_gap_s: in seconds.
        longest_gap_at_s: when it began, in seconds since the start of the recording.
        long_gaps: gaps of more than 1.5 median gaps: frames were lost, or the camera paused.
        stale_gaps: gaps longer than the decision timeout given.
    """

    median_hz: float
    lowest_hz: float
    longest_gap_s: float
    longest_gap_at_s: float
    long_gaps: int
    stale_gaps: int


def rate_of(times_ns: Times, start_ns: int, timeout_ms: float) -> Rate | None:
    """Return the rate of frames; None where there are not two at different times.

    Args:
        times_ns: when each was recorded, in nanoseconds; order does not matter.
        start_ns: when the recording starts.
        timeout_ms: gap from which a decision is stale, in milliseconds.
    """
    times = np.sort(times_ns)
    gaps = np.diff(times)
    longest = int(gaps.argmax()) if gaps.size else 0
    if not gaps.size or gaps[longest] == 0:
        return None
    # Frames written at once do not make the camera infinitely fast.
    median_ns = float(np.median(gaps[gaps > 0]))
    return Rate(
        median_hz=1e9 / median_ns,
        lowest_hz=1e9 / float(gaps[longest]),
        longest_gap_s=float(gaps[longest]) / 1e9,
        longest_gap_at_s=float(times[longest] - start_ns) / 1e9,
        long_gaps=int((gaps > LONG_PERIODS * median_ns).sum()),
        stale_gaps=int((gaps > timeout_ms * 1e6).sum()),
    )
