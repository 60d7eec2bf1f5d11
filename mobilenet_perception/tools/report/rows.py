# SPDX-License-Identifier: Apache-2.0
"""Rows of the timeline that count: outcomes of frames, and the age of their answers.

A row of the timeline: stretches of frames with one label, named where they are wide enough.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

from mobilenet_perception.pipeline.timing import Outcome
from mobilenet_perception.tools.report.scoring import is_answered
from mobilenet_perception.tools.report.style import OUTCOME_COLOURS
from mobilenet_perception.tools.report.svg import Scale


class Bin(NamedTuple):
    """The frames of a short stretch of time.

    Attributes:
        from_s: where it begins.
        to_s: where it ends.
        outcomes: how many frames ended how.
        oldest_ms: the highest age at which one of them was answered; None: none was.
    """

    from_s: float
    to_s: float
    outcomes: Counter[Outcome]
    oldest_ms: float | None


def bins(
    frames: Sequence[Mapping[str, Any]], scale: Scale, most: int, period_s: float
) -> list[Bin]:
    """Sort frames into at most so many stretches, none shorter than a frame; empty ones: none."""
    width_s = max(period_s, (scale.end_s - scale.start_s) / most)
    sorted_in: dict[int, list[Mapping[str, Any]]] = {}
    for frame in frames:
        # Stamps jitter: half a period early still belongs to its own place.
        place = int((frame['time_s'] - scale.start_s + 0.25 * period_s) / width_s)
        sorted_in.setdefault(place, []).append(frame)
    return [
        _bin(
            scale.start_s + place * width_s,
            min(scale.end_s, scale.start_s + (place + 1) * width_s),
            held,
        )
        for place, held in sorted(sorted_in.items())
    ]


def outcome_strip(found: Sequence[Bin], scale: Scale, y: float, height: float) -> str:
    """Draw the shares of outcomes as columns, what was on time at the bottom."""
    paths: dict[Outcome, list[str]] = {}
    for item in found:
        x, right = scale.x(item.from_s), scale.x(item.to_s)
        bottom = y + height
        for outcome in Outcome:
            share = item.outcomes[outcome] / item.outcomes.total()
            if share:
                top = bottom - share * height
                paths.setdefault(outcome, []).append(
                    f'M{x:.1f} {top:.1f}H{right:.1f}V{bottom:.1f}H{x:.1f}z'
                )
                bottom = top
    return ''.join(
        f'<path class="outcome" fill="{OUTCOME_COLOURS[outcome]}" d="{"".join(path)}"/>'
        for outcome, path in paths.items()
    )


def age_strip(
    found: Sequence[Bin],
    scale: Scale,
    y: float,
    height: float,
    top_ms: float,
    budget_ms: float | None,
) -> str:
    """Draw the age of the oldest answer of each bin; what is above `top_ms` is cut off there."""
    paths = {'age': '', 'age over': ''}
    base = y + height
    for item in found:
        if item.oldest_ms is None:
            continue
        over = budget_ms is not None and item.oldest_ms > budget_ms
        tall = max(1.0, min(1.0, item.oldest_ms / top_ms) * height)
        x, right = scale.x(item.from_s), scale.x(item.to_s)
        paths['age over' if over else 'age'] += (
            f'M{x:.1f} {base:.0f}V{base - tall:.1f}H{right:.1f}V{base:.0f}z'
        )
    drawn = ''.join(f'<path class="{name}" d="{path}"/>' for name, path in paths.items() if path)
    if budget_ms is not None and budget_ms <= top_ms:
        line = base - budget_ms / top_ms * height
        drawn += f'<path class="budget" d="M{scale.left:g} {line:.1f}H{scale.right:g}"/>'
    return f'{drawn}<path class="axis" d="M{scale.left:g} {base:.0f}H{scale.right:g}"/>'


def tips(found: Sequence[Bin], scale: Scale, y: float, height: float) -> str:
    """Lay what there is to say of each bin over a row: it shows under the mouse."""
    return ''.join(
        f'<rect class="tip" x="{scale.x(item.from_s):.1f}" y="{y:.0f}" '
        f'width="{scale.x(item.to_s) - scale.x(item.from_s):.1f}" height="{height:.0f}">'
        f'<title>{_words(item)}</title></rect>'
        for item in found
    )


def _bin(from_s: float, to_s: float, frames: Sequence[Mapping[str, Any]]) -> Bin:
    ages = [frame['times_ms']['age'] for frame in frames if is_answered(frame)]
    outcomes = Counter(Outcome(frame['outcome']) for frame in frames)
    return Bin(from_s, to_s, outcomes, max(ages, default=None))


def _words(item: Bin) -> str:
    ended = ', '.join(
        f'{item.outcomes[outcome]} {str(outcome).replace("_", " ")}'
        for outcome in Outcome
        if item.outcomes[outcome]
    )
    age = '' if item.oldest_ms is None else f'; oldest answer {item.oldest_ms:.1f} ms'
    return f'{item.from_s:.2f} s: {ended}{age}'


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
