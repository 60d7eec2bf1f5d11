# SPDX-License-Identifier: Apache-2.0
"""Two timelines as lines of letters, one above the other, for the terminal."""

import string
from collections.abc import Collection, Sequence
from itertools import pairwise

from mobilenet_perception.replay_testing.timeline import Pair

_WIDTH = 72
_MISSING, _NOT_ASKED = '-', ' '
_LETTERS = string.ascii_lowercase + string.ascii_uppercase


def bars(pairs: Sequence[Pair], wrong: Collection[int]) -> list[str]:
    """Draw what was expected above what came.

    A column stands for one frame or, where there are more than fit, for several: then for the
    first wrong one among them.

    Args:
        pairs: the frames of one camera.
        wrong: which of them are wrong, by their place.
    """
    columns = [_chosen(group, wrong) for group in _groups(len(pairs))]
    letters = _letters(
        [
            frame.shown
            for index in columns
            for frame in (pairs[index].expected, pairs[index].came)
            if frame is not None
        ]
    )
    # In tests on stretches of time, frames outside them are not asked for.
    absent = (
        _NOT_ASKED if any(pair.expected is None for pair in pairs if pair.number) else _MISSING
    )
    rows = {
        'expected': ''.join(_letter(pairs[i].expected, letters, absent) for i in columns),
        'came': ''.join(_letter(pairs[i].came, letters, _MISSING) for i in columns),
        '': ''.join('^' if index in wrong else ' ' for index in columns),
    }
    end = f'{pairs[-1].time_s:.1f} s'
    start = f'{pairs[0].time_s:.1f} s'.ljust(max(0, len(columns) - len(end)))
    legend = ', '.join(f'{letter} = {label}' for label, letter in letters.items())
    if _MISSING in rows['expected'] + rows['came']:
        legend += f', {_MISSING} = no such frame'
    lines = [f'{"":8}  {start}{end}']
    lines += [f'{name:8}  {row}'.rstrip() for name, row in rows.items()]
    return [*lines, legend]


def _groups(count: int) -> list[range]:
    width = min(count, _WIDTH)
    edges = [count * column // width for column in range(width + 1)]
    return [range(start, end) for start, end in pairwise(edges)]


def _chosen(group: range, wrong: Collection[int]) -> int:
    return next((index for index in group if index in wrong), group[0])


def _letters(labels: Sequence[str]) -> dict[str, str]:
    """Give each label its first letter, or another that is free; '#' when none is left."""
    found: dict[str, str] = {}
    for label in dict.fromkeys(labels):
        initials = [letter for letter in label.lower() if letter in _LETTERS]
        free = (one for one in (*initials, *_LETTERS) if one not in found.values())
        found[label] = next(free, '#')
    return found


def _letter(frame: object, letters: dict[str, str], absent: str) -> str:
    shown = getattr(frame, 'shown', None)
    return absent if shown is None else letters[shown]
