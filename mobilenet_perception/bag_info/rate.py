# SPDX-License-Identifier: Apache-2.0
"""How evenly the frames of a camera were recorded: pure functions of their times."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

# A gap of two periods is one frame lost; jitter stays below this.
LONG_PERIODS = 1.5


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


def rate_of(times_ns: npt.NDArray[np.int64], start_ns: int, timeout_ms: float) -> Rate | None:
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
