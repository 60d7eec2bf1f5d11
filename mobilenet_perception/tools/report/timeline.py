# SPDX-License-Identifier: Apache-2.0
"""All that happened to one camera, on one scale of time, in lines as text has them."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Literal, NamedTuple

from mobilenet_perception.tools.report import drawing
from mobilenet_perception.tools.report.scoring import is_answered, judge

_MOST_LINES = 6
_LINES_S = (5.0, 10.0, 15.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 3600.0)
_GAP, _BETWEEN, _AXIS, _MARKS = 6.0, 26.0, 22.0, 8.0
_STRIP, _AGES = 16.0, 42.0
# Of a thing: its decision, and the strips of truth and labels; how many fit a line.
_ROW, _THIN = 28.0, 5.0
_MOST_THINGS = 16
# So much of a line, at the end of a recording, finds room on the line before.
_LITTLE = 0.1


class Shape(NamedTuple):
    """How a timeline is laid out, in units of the drawing, which are pixels where it fits.

    Attributes:
        name: its CSS class.
        width: of all.
        left: width of the rows' names.
        row: height of a row of labels.
        picture: width of a picture.
        letter: mean width of a letter.
        line_s: how much time goes on a line, unless that gives too many lines.
        bins: columns on a line.
    """

    name: str
    width: float
    left: float
    row: float
    picture: float
    letter: float
    line_s: float
    bins: int


WIDE = Shape('wide', 1200.0, 78.0, 32.0, 96.0, 6.1, 30.0, 300)
NARROW = Shape('narrow', 360.0, 56.0, 30.0, 66.0, 5.6, 10.0, 100)


class Still(NamedTuple):
    """A picture above the rows: its SVG element, which is one unit wide, and its shape."""

    time_s: float
    id: str
    height_per_width: float


class ThingTrack(NamedTuple):
    """What is drawn of a thing that regions name: its id, and values shaped like frames."""

    id: str
    frames: Sequence[Mapping[str, Any]]


class Track(NamedTuple):
    """What is drawn of a camera.

    Attributes:
        frames: of the report, in order of time; at least one.
        period_s: time between two frames.
        budget_ms: latency budget; None: none was set.
        labels: of the bundle.
        colours: CSS colours by label.
        stills: in order of time.
        things: what its regions name, each a row in place of the camera's own; None: it has none.
    """

    frames: Sequence[Mapping[str, Any]]
    period_s: float
    budget_ms: float | None
    labels: Sequence[str]
    colours: Mapping[str, str]
    stills: Sequence[Still] = ()
    things: Sequence[ThingTrack] | None = None


def timeline(track: Track, shape: Shape) -> str:
    """Draw pictures, truth where it is known, labels, decisions, outcomes and ages over time.

    Of a camera with regions each thing has a row: truth in a narrow strip above its decision, the
    labels of single frames in one below.
    """
    span_s = max(track.frames[-1]['time_s'] + track.period_s, 1e-3)
    line_s = _line_seconds(span_s, shape.line_s)
    y, parts = 2.0, []
    for number in range(math.floor(track.frames[-1]['time_s'] / line_s + 1e-9) + 1):
        start_s = number * line_s
        scale = drawing.Scale(start_s, start_s + line_s, shape.left, shape.width)
        # A frame on the very edge must not fall off by rounding.
        frames = [f for f in track.frames if start_s <= f['time_s'] + 1e-9 < start_s + line_s]
        # The last line may end early; its scale is that of the others.
        end_s = min(start_s + line_s, span_s)
        cut = drawing.Scale(start_s, end_s, shape.left, scale.x(end_s))
        drawn, bottom = _line(track, frames, scale, cut, shape, y)
        parts.append(drawn)
        y = bottom + _BETWEEN
    height = y - _BETWEEN + 2
    return (
        f'<svg class="timeline {shape.name}" viewBox="0 0 {shape.width:g} {height:.0f}" '
        f'role="img" aria-label="labels, decisions, outcomes and ages over time">'
        f'{"".join(parts)}</svg>'
    )


def _line(
    track: Track,
    frames: Sequence[Mapping[str, Any]],
    scale: drawing.Scale,
    cut: drawing.Scale,
    shape: Shape,
    y: float,
) -> tuple[str, float]:
    drawn, y = _stills(track.stills, scale, shape, y)
    if track.things is None:
        rows, y = _rows(track, frames, cut, shape, y)
    else:
        rows, y = _things(track, track.things, cut, shape, y)
    parts = [drawn, rows]
    found = drawing.bins(frames, cut, shape.bins, track.period_s)
    top = y
    parts += [_name('outcome', y + 12), drawing.outcome_strip(found, cut, y, _STRIP)]
    y += _STRIP + _GAP
    top_ms = _top_ms(track)
    parts += [
        _name('age', y + 12),
        f'<text x="0" y="{y + 26:.0f}">to {top_ms:g} ms</text>',
        drawing.age_strip(found, cut, y, _AGES, top_ms, track.budget_ms),
    ]
    y += _AGES
    if shape is WIDE:
        parts.append(drawing.tips(found, cut, top, y - top))
    parts.append(drawing.time_axis(cut, y, shape.letter))
    return ''.join(parts), y + _AXIS


def _rows(
    track: Track,
    frames: Sequence[Mapping[str, Any]],
    cut: drawing.Scale,
    shape: Shape,
    y: float,
) -> tuple[str, float]:
    """Draw what was said of frames as a whole."""
    parts = []
    fields: tuple[Literal['truth', 'label', 'decision'], ...] = ('label', 'decision')
    if any(frame['truth'] is not None for frame in track.frames):
        fields = ('truth', *fields)
    for field in fields:
        parts.append(_name(field, y + shape.row * 0.63))
        row = drawing.bands(
            frames, field, cut, y, shape.row, shape.letter, track.period_s, track.colours
        )
        parts.append(
            f'<path class="empty" d="M{cut.left:g} {y:.0f}H{cut.right:.1f}v{shape.row:g}'
            f'H{cut.left:g}z"/>{row}'
        )
        y += shape.row
        if field != 'truth':
            parts.append(_wrong(track, frames, field, cut, y + 1))
            y += _MARKS
        y += _GAP
    return ''.join(parts), y


def _things(
    track: Track, things: Sequence[ThingTrack], cut: drawing.Scale, shape: Shape, y: float
) -> tuple[str, float]:
    """Draw the things of a line, those that were seen most; what more there were, in words."""
    here = []
    for thing in things:
        frames = [f for f in thing.frames if cut.start_s <= f['time_s'] + 1e-9 < cut.end_s]
        if any(frame['label'] for frame in frames):
            here.append((thing, frames))
    most = sorted(here, key=lambda item: -len(item[1]))[:_MOST_THINGS]
    parts = []
    for thing, frames in here:
        if any(thing is one for one, _ in most):
            parts.append(_thing(track, ThingTrack(thing.id, frames), cut, shape, y))
            y += 2 * (_THIN + 1) + _ROW + _MARKS + _GAP
    if more := len(here) - len(most):
        parts.append(f'<text x="{shape.left:g}" y="{y + 12:.0f}">and {more} more things</text>')
        y += 16 + _GAP
    return ''.join(parts), y


def _thing(track: Track, thing: ThingTrack, cut: drawing.Scale, shape: Shape, y: float) -> str:
    room = int((shape.left - 6) / shape.letter)
    name = thing.id if len(thing.id) <= room else f'{thing.id[: room - 1]}…'
    middle = y + _THIN + 1
    parts = [
        f'<g><title>{escape(thing.id)}</title>{_name(escape(name), middle + _ROW * 0.63)}</g>'
    ]
    strips = (
        ('truth', y, _THIN, math.inf),
        ('decision', middle, _ROW, shape.letter),
        ('label', middle + _ROW + 1, _THIN, math.inf),
    )
    for field, top, height, letter in strips:
        parts.append(
            drawing.bands(
                thing.frames, field, cut, top, height, letter, track.period_s, track.colours
            )
        )
    parts.append(_wrong(track, thing.frames, 'decision', cut, middle + _ROW + _THIN + 2))
    return ''.join(parts)


def _stills(
    stills: Sequence[Still], scale: drawing.Scale, shape: Shape, y: float
) -> tuple[str, float]:
    """Draw as many pictures as there is room for, each with a line to its time."""
    here = [item for item in stills if scale.start_s <= item.time_s < scale.end_s]
    if not here:
        return '', y
    tallest = max(item.height_per_width for item in here) * shape.picture
    parts, free = [], shape.left
    for item in here:
        at = scale.x(item.time_s)
        x = min(max(at - shape.picture / 2, free), shape.width - shape.picture)
        if x < free - 1e-6 or not x - 4 <= at <= x + shape.picture + 4:
            continue
        height = item.height_per_width * shape.picture
        parts.append(
            f'<use href="#{item.id}" transform="translate({x:.1f} {y:.1f}) '
            f'scale({shape.picture:g})"/>'
            f'<path class="lead" d="M{at:.1f} {y + height:.1f}V{y + tallest + 8:.1f}"/>'
        )
        free = x + shape.picture + 4
    return ''.join(parts), y + tallest + 8


def _wrong(
    track: Track,
    frames: Sequence[Mapping[str, Any]],
    field: Literal['label', 'decision'],
    scale: drawing.Scale,
    y: float,
) -> str:
    return drawing.marks(
        frames, lambda frame: judge(frame, field, track.labels) == 'wrong', scale, y
    )


def _name(name: str, y: float) -> str:
    return f'<text class="row" x="0" y="{y:.0f}">{name}</text>'


def _top_ms(track: Track) -> float:
    ages = [0.0, *(frame['times_ms']['age'] for frame in track.frames if is_answered(frame))]
    if track.budget_ms is None:
        return drawing.nice_ceiling(max(ages))
    # Answers far over the budget are cut off: they are over it, and the rest stays to be seen.
    top_ms = min(max(*ages, track.budget_ms), 2 * track.budget_ms)
    return float(f'{1.1 * top_ms:.2g}')


def _line_seconds(span_s: float, line_s: float) -> float:
    """Return how much time goes on a line; a little at the end does not make another line."""
    if span_s <= 1.25 * line_s:
        return span_s
    steps = (step for step in _LINES_S if step >= line_s and span_s <= step * _MOST_LINES)
    line_s = next(steps, span_s / _MOST_LINES)
    lines = math.ceil(span_s / line_s - _LITTLE)
    return max(line_s, span_s / lines)
