# SPDX-License-Identifier: Apache-2.0
"""Patterns of frames that are missing, or that nobody expected."""

from collections.abc import Sequence
from itertools import pairwise

from mobilenet_perception.replay_testing.timeline import Pair


def missing_frames(pairs: Sequence[Pair]) -> list[str]:
    """Say which frames of one camera are missing, by their pattern, and how many are too many."""
    total = sum(pair.expected is not None for pair in pairs)
    missing = [pair.number for pair in pairs if pair.expected is not None and pair.came is None]
    extra = sum(pair.expected is None for pair in pairs)
    told = [_pattern(missing, total)] if missing else []
    if extra:
        told.append(f'{extra} frames came that the golden file does not have')
    return told


def _pattern(missing: Sequence[int], total: int) -> str:
    """Describe which of the frames 1 to `total` are missing."""
    count = f'{len(missing)} of {total}'
    first, last = missing[0], missing[-1]
    if len(missing) == total:
        return f'all {total} frames are missing'
    if last - first + 1 == len(missing):
        if last == total:
            return f'from frame {first} on all are missing ({count}): it ended early'
        if first == 1:
            return f'the first frames are missing, up to {last} ({count}): it began late'
        return f'the frames {first} to {last} are missing ({count}), in one stretch'
    steps = {after - before for before, after in pairwise(missing)}
    step = steps.pop()
    if not steps and first <= step and last > total - step:
        return f'every {step}{_ordinal(step)} frame is missing ({count})'
    return f'{count} frames are missing, here and there: the first is frame {first}'


def _ordinal(number: int) -> str:
    if 10 <= number % 100 <= 20:
        return 'th'
    return {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')
