# SPDX-License-Identifier: Apache-2.0
"""What differs between a replay and what was expected of it, as a record and in words.

The words show the first wrong frame, both timelines as lines of letters, and the likely cause.
"""

import string
from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from mobilenet_perception.tools.replay.testing.golden import Pair, TimelineFrame

_WIDTH = 72
_MISSING, _NOT_ASKED = '-', ' '
_LETTERS = string.ascii_lowercase + string.ascii_uppercase


class Difference(NamedTuple):
    """One expectation that was not met.

    Attributes:
        summary: what was expected and what came, one sentence.
        pairs: the frames of one camera, where frames are what differs.
        wrong: which of the pairs do not agree, by their place in `pairs`.
        causes: what may be the reason, likely ones first; each a sentence.
    """

    summary: str
    pairs: tuple[Pair, ...] = ()
    wrong: tuple[int, ...] = ()
    causes: tuple[str, ...] = ()


def differences_text(title: str, differences: Iterable[Difference]) -> str:
    """Return the message of a replay that failed.

    Args:
        title: what was played.
        differences: what was not as expected.
    """
    return '\n\n'.join([title, *map(difference_text, differences)])


def difference_text(difference: Difference) -> str:
    """Return one difference as text of several lines."""
    lines = [difference.summary]
    if difference.wrong:
        pair = difference.pairs[difference.wrong[0]]
        lines.append(f'  first wrong: {_first(pair, len(difference.pairs))}')
        lines += [f'  {line}' for line in bars(difference.pairs, set(difference.wrong))]
    lines += [f'  cause: {words}' for words in difference.causes[:1]]
    lines += [f'         {words}' for words in difference.causes[1:]]
    return '\n'.join(line.rstrip() for line in lines)


def _first(pair: Pair, total: int) -> str:
    frame = pair.expected or pair.came
    assert frame is not None
    number = f'frame {pair.number} of {total}' if pair.number else 'a frame too many'
    where = f'{number}, at {frame.time_s:.3f} s, stamp {frame.stamp_ns}'
    return f'{where}: expected {_said(pair.expected)}, came {_said(pair.came)}'


def _said(frame: TimelineFrame | None) -> str:
    if frame is None:
        return 'none'
    score = '' if frame.score is None else f' {frame.score:.3f}'
    place = '' if frame.roi is None else ' at {},{} {}x{}'.format(*frame.roi)
    return f'{frame.shown}{score}{place}'


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
