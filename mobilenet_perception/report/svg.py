# SPDX-License-Identifier: Apache-2.0
"""Drawings of the report as inline SVG: labels over time, and histograms."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

_WIDTH, _LEFT, _ROW, _GAP = 1200, 92, 34, 8
_LETTER = 6.0
_BINS = 40


def timeline(
    rows: Mapping[str, Sequence[Mapping[str, Any]]],
    wrong_s: Sequence[float],
    duration_s: float,
    period_s: float,
    colours: Mapping[str, str],
) -> str:
    """Draw rows of intervals over time.

    Args:
        rows: by the row's name, intervals with `from_s`, `to_s` and `label`.
        wrong_s: times of clear frames answered wrongly, marked below the rows.
        duration_s: the time that the drawing spans, in seconds.
        period_s: time between frames: an interval reaches to the frame after its last.
        colours: CSS colours by label.
    """
    span = max(duration_s, 1e-3)
    scale = (_WIDTH - _LEFT) / span
    parts = []
    y = 4.0
    for name, intervals in rows.items():
        parts.append(f'<text class="row" x="0" y="{y + _ROW * 0.65:.0f}">{escape(name)}</text>')
        for item in intervals:
            x = _LEFT + item['from_s'] * scale
            width = max(0.6, (min(item['to_s'] + period_s, span) - item['from_s']) * scale)
            parts.append(_band(x, y, width, item, colours))
        y += _ROW + _GAP
    if wrong_s:
        parts.append(f'<text class="row" x="0" y="{y + 12:.0f}">wrong</text>')
        parts += (
            f'<rect class="wrong" x="{_LEFT + time_s * scale:.1f}" y="{y + 2:.0f}" width="2" '
            'height="12"/>'
            for time_s in wrong_s
        )
        y += 22
    parts.append(_axis(y, span, scale))
    height = y + 24
    return (
        f'<svg class="timeline" viewBox="0 0 {_WIDTH} {height:.0f}" role="img" '
        f'aria-label="Labels over time">{"".join(parts)}</svg>'
    )


def histogram(values: Sequence[float], top: float, marks: Mapping[str, float]) -> str:
    """Draw a histogram from 0 to `top`; what lies beyond is in the last bin.

    `marks` are vertical lines by their name, which is their CSS class as well.
    """
    width, height, base = 320.0, 96.0, 80.0
    counts, _ = np.histogram(np.minimum(values, top), bins=_BINS, range=(0.0, top))
    tallest = max(1, int(counts.max()))
    step = width / _BINS
    # Square roots, so that the few slow frames are seen beside the many fast ones.
    bars = ''.join(
        f'<rect class="bar" x="{index * step + 0.5:.1f}" width="{step - 1:.1f}" '
        f'y="{base - (shown := max(2.0, (base - 6) * math.sqrt(count / tallest))):.1f}" '
        f'height="{shown:.1f}"/>'
        for index, count in enumerate(counts.tolist())
        if count
    )
    lines = ''.join(
        f'<line class="{escape(name)}" x1="{value / top * width:.1f}" '
        f'x2="{value / top * width:.1f}" y1="0" y2="{base}"/>'
        for name, value in marks.items()
        if value <= top
    )
    return (
        f'<svg class="histogram" viewBox="0 0 {width:.0f} {height:.0f}" role="img">{bars}{lines}'
        f'<line class="axis" x1="0" x2="{width:.0f}" y1="{base}" y2="{base}"/>'
        f'<text x="0" y="93">0</text>'
        f'<text x="{width:.0f}" y="93" text-anchor="end">{top:g} ms</text></svg>'
    )


def nice_ceiling(value: float) -> float:
    """Return the next of 1, 2 or 5 times a power of ten at or above a value."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 5, 10) if value <= step * power * (1 + 1e-9))


def _band(
    x: float, y: float, width: float, item: Mapping[str, Any], colours: Mapping[str, str]
) -> str:
    label = str(item['label'])
    words = label.replace('_', ' ')
    tip = f'{words or "no label"}, {item["from_s"]:.2f} to {item["to_s"]:.2f} s'
    text = ''.join(
        f'<text class="band" x="{x + width / 2:.1f}" y="{y + line:.0f}">{escape(part)}</text>'
        for part, line in _lines(words, width - 6)
    )
    return (
        f'<g><title>{escape(tip)}</title><rect x="{x:.1f}" y="{y:.0f}" width="{width:.1f}" '
        f'height="{_ROW}" fill="{colours.get(label, "#dddddd")}"/>{text}</g>'
    )


def _lines(words: str, width: float) -> list[tuple[str, float]]:
    """Return the words, or as many as fit, with the heights of their lines in the row."""
    first, _, last = words.rpartition(' ')
    if _fits(words, width):
        return [(words, _ROW * 0.62)]
    if first and _fits(first, width) and _fits(last, width):
        return [(first, _ROW * 0.42), (last, _ROW * 0.82)]
    return [(last, _ROW * 0.62)] if _fits(last, width) else []


def _fits(words: str, width: float) -> bool:
    return len(words) * _LETTER < width


def _axis(y: float, span: float, scale: float) -> str:
    step = nice_ceiling(span / 12)
    ticks = np.arange(0.0, span + step / 2, step).tolist()
    labels = ''.join(
        f'<line class="tick" x1="{_LEFT + tick * scale:.1f}" x2="{_LEFT + tick * scale:.1f}" '
        f'y1="{y:.0f}" y2="{y + 5:.0f}"/>'
        f'<text class="tick" x="{_LEFT + tick * scale:.1f}" y="{y + 18:.0f}">{tick:g} s</text>'
        for tick in ticks
        # A number at the very end would be cut off.
        if tick <= span - 0.3 * step
    )
    return f'<line class="axis" x1="{_LEFT}" x2="{_WIDTH}" y1="{y:.0f}" y2="{y:.0f}"/>{labels}'
