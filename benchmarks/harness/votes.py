# SPDX-License-Identifier: Apache-2.0
"""Votes over fixed windows, which decisions are compared with; and how late each comes."""

from collections import Counter, deque
from collections.abc import Sequence

import numpy as np


def voted(answers: Sequence[int], window: int) -> list[int]:
    """Return the most frequent of the last answers, of equals the newest."""
    seen: deque[int] = deque(maxlen=window)
    found = []
    for answer in answers:
        seen.append(answer)
        count = Counter(seen)
        found.append(next(a for a in reversed(seen) if count[a] == max(count.values())))
    return found


def lag(truth: Sequence[int], answers: Sequence[int]) -> float:
    """Return the mean number of frames after a change until the answer is right.

    Changes after which it never is count as many frames as the truth lasted.
    """
    lags = []
    for change in range(1, len(truth)):
        if truth[change] != truth[change - 1]:
            until = change
            while until < len(truth) and truth[until] == truth[change] != answers[until]:
                until += 1
            lags.append(until - change)
    return float(np.mean(lags))
