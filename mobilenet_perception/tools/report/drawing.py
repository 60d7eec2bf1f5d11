# SPDX-License-Identifier: Apache-2.0
"""Drawings of the page as inline SVG: a scale of time, rows of a timeline, histograms.

A row of bands shows stretches of frames with one label, named where they are wide enough; two
strips count how frames ended and how old their answers were.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

import numpy as np

from mobilenet_perception.pipeline.timing import Outcome
from mobilenet_perception.tools.report.colours import OUTCOME_COLOURS
from mobilenet_perception.tools.report.scoring import is_answered

# Finer than a drawing shows: a long recording's flicker must not make a page of megabytes.
_FINEST = 0.8
# Bands narrower than this have no room for words.
_NAMED = 2.5
# Height of the mark under a frame.
_MARK = 6.0
# So many periods without a frame are a gap.
_GAP_PERIODS = 2.5
# Of a histogram.
_BINS = 40


class Scale(NamedTuple):
    """Where seconds from `start_s` to `end_s` are, in units of the drawing."""

    start_s: float
    end_s: float
    left: float
    right: float

    def x(self, time_s: float) -> float:
        """Return where a time is."""
        share = (time_s - self.start_s) / (self.end_s - self.start_s)
        return self.left + share * (self.right - self.left)


def time_axis(scale: Scale, y: float, letter: float) -> str:
    """Draw an axis of seconds with a number wherever there is room for one."""
    width = scale.right - scale.left
    span = scale.end_s - scale.start_s
    step = nice_ceiling(span * 9 * letter / width)
    first = math.ceil(scale.start_s / step - 1e-9) * step
    ticks = np.arange(first, scale.end_s + step * 1e-6, step).tolist()
    drawn = ''.join(
        f'<path class="axis" d="M{scale.x(tick):.1f} {y:.0f}v5"/>'
        f'<text class="tick" x="{scale.x(tick):.1f}" y="{y + 17:.0f}">{tick:.6g} s</text>'
        for tick in ticks
        # A number at the very end would be cut off.
        if scale.x(tick) <= scale.right - 2.5 * letter
    )
    return f'<path class="axis" d="M{scale.left:g} {y:.0f}H{scale.right:g}"/>{drawn}'


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
            path += f'M{x:.1f} {y:.0f}v{_MARK:g}h2v-{_MARK:g}z'
            end = x + 2
    return f'<path class="wrong" d="{path}"/>' if path else ''


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


def histogram(values: Sequence[float], top: float, marks: Mapping[str, float]) -> str:
    """Draw a histogram from 0 to `top`, with its ends below; the last bin holds all beyond.

    `marks` are vertical lines by their name, which is their CSS class as well.
    """
    width, base = 320.0, 80.0
    counts, _ = np.histogram(np.minimum(values, top), bins=_BINS, range=(0.0, top))
    tallest = max(1, int(counts.max()))
    step = width / _BINS
    # Square roots, so that the few slow frames are seen beside the many fast ones.
    bars = ''.join(
        f'<rect class="bar" x="{index * step + 0.5:.1f}" width="{step - 1:.1f}" '
        f'y="{base - (shown := max(2.0, (base - 6) * math.sqrt(count / tallest))):.1f}" '
        f'height="{shown:.1f}"><title>{count} frames, {_bin_words(index, top)}</title></rect>'
        for index, count in enumerate(counts.tolist())
        if count
    )
    lines = ''.join(
        f'<path class="{escape(name)}" d="M{value / top * width:.1f} 0V{base}">'
        f'<title>{escape(name)}: {value:.2f} ms</title></path>'
        for name, value in marks.items()
        if value <= top
    )
    return (
        f'<svg class="histogram" viewBox="0 0 {width:.0f} {base:.0f}" preserveAspectRatio="none" '
        f'role="img" aria-label="histogram of {len(values)} frames">{bars}{lines}'
        f'<path class="axis" d="M0 {base}H{width:.0f}"/></svg>'
        f'<p class="ends"><span>0</span><span>{top:g} ms</span></p>'
    )


def nice_ceiling(value: float) -> float:
    """Return the next of 1, 2 or 5 times a power of ten at or above a value."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 5, 10) if value <= step * power * (1 + 1e-9))


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


def _bin_words(index: int, top: float) -> str:
    low = f'{index * top / _BINS:.3g}'
    return (
        f'{low} ms or more'
        if index == _BINS - 1
        else f'{low} to {(index + 1) * top / _BINS:.3g} ms'
    )
