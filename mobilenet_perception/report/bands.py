# SPDX-License-Identifier: Apache-2.0
"""A row of the timeline: stretches of frames with one label, named where they are wide enough."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from mobilenet_perception.report.svg import Scale

# Finer than a drawing shows: a long recording's flicker must not make a page of megabytes.
_FINEST, _NAMED = 0.8, 2.5
_MARKS = 6.0
_GAP_PERIODS = 2.5


def bands(
    frames: Sequence[Mapping[str, Any]],
    field: str,
    scale: Scale,
    y: float,
    height: float,
    letter: float,
    period_s: float,
    colours: Mapping[str, str],
) -> str:
    """Draw the stretches of one field of frames.

    Args:
        frames: in order of time; the last lasts until the end of `scale` at most.
        field: `truth`, `label` or `decision`.
        scale: where times are.
        y: top of the row.
        height: of the row.
        letter: mean width of a letter.
        period_s: time between two frames.
        colours: CSS colours by label; where there is no label, there is no band.
    """
    parts = []
    for first, last, label in _runs(frames, field, scale, period_s):
        if label:
            x = scale.x(first)
            width = max(_FINEST, scale.x(last) - x)
            parts.append(_band(x, y, width, height, letter, label, (first, last), colours))
    return ''.join(parts)


def marks(
    frames: Sequence[Mapping[str, Any]],
    is_marked: Callable[[Mapping[str, Any]], bool],
    scale: Scale,
    y: float,
) -> str:
    """Draw a mark for each of some frames, joined where they overlap; empty: for none."""
    path, end = '', -1.0
    for frame in frames:
        x = scale.x(frame['time_s'])
        if is_marked(frame) and x > end - 0.3:
            path += f'M{x:.1f} {y:.0f}v{_MARKS:g}h2v-{_MARKS:g}z'
            end = x + 2
    return f'<path class="wrong" d="{path}"/>' if path else ''


def _runs(
    frames: Sequence[Mapping[str, Any]], field: str, scale: Scale, period_s: float
) -> Iterator[tuple[float, float, str]]:
    """Yield (from, to, label) in seconds: until the next begins, but not over missing frames."""
    start_s, last_s, label = 0.0, -math.inf, ''
    for frame in frames:
        time_s, now = frame['time_s'], frame[field] or ''
        is_gap = time_s - last_s > _GAP_PERIODS * period_s
        is_wide = scale.x(time_s) - scale.x(start_s) >= _FINEST
        if is_gap or (now != label and is_wide):
            if last_s >= 0:
                yield start_s, last_s + period_s if is_gap else time_s, label
            start_s, label = time_s, now
        last_s = time_s
    if last_s >= 0:
        yield start_s, min(scale.end_s, last_s + period_s), label


def _band(
    x: float,
    y: float,
    width: float,
    height: float,
    letter: float,
    label: str,
    times: tuple[float, float],
    colours: Mapping[str, str],
) -> str:
    drawn = (
        f'<rect x="{x:.1f}" y="{y:.0f}" width="{width:.1f}" height="{height:g}" '
        f'fill="{colours.get(label, "#dddddd")}"/>'
    )
    if width < _NAMED:
        return drawn
    words = label.replace('_', ' ')
    tip = f'{words}, {times[0]:.2f} to {times[1]:.2f} s'
    text = ''.join(
        f'<text class="band" x="{x + width / 2:.1f}" y="{y + line * height:.1f}">'
        f'{escape(part)}</text>'
        for part, line in _lines(words, (width - 4) / letter, colours)
    )
    return f'<g><title>{escape(tip)}</title>{drawn}{text}</g>'


def _lines(words: str, room: float, labels: Iterable[str]) -> list[tuple[str, float]]:
    """Return the words, or as many as fit, with where in the row each line of them stands.

    The last word may stand for all where no other of the labels has it.
    """
    first, _, last = words.rpartition(' ')
    if len(words) < room:
        return [(words, 0.63)]
    if first and max(len(first), len(last)) < room:
        return [(first, 0.42), (last, 0.83)]
    telling = sum(last in label.split('_') for label in labels) == 1
    return [(last, 0.63)] if telling and len(last) < room else []
