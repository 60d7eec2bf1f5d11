# SPDX-License-Identifier: Apache-2.0
"""What differed, in words: the first wrong frame, both timelines, and the likely cause."""

from collections.abc import Iterable

from mobilenet_perception.replay_testing.bars import bars
from mobilenet_perception.replay_testing.difference import Difference
from mobilenet_perception.replay_testing.timeline import Pair, TimelineFrame


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
    return f'{frame.shown}{score}'
