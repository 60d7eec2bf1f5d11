# SPDX-License-Identifier: Apache-2.0
"""Which frame a camera takes next: its sensor keeps time, whatever its driver does."""

import math


def next_frame(number: int, elapsed_s: float, rate_hz: float) -> int:
    """Return the number of the frame to publish after another.

    Frame n is due n / rate after the start. A driver that fell behind publishes the newest frame
    that is due; those in between it never sent. So a delay makes neither a burst nor a drift.

    Args:
        number: the frame published last, from 0.
        elapsed_s: seconds since the start.
        rate_hz: frames a second.
    """
    return max(number + 1, math.floor(elapsed_s * rate_hz))
