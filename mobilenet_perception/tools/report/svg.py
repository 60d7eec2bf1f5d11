# SPDX-License-Identifier: Apache-2.0
"""Parts of the page's drawings, as inline SVG: a scale of time, its axis, histograms."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

import numpy as np

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
        f'<svg class="histogram" viewBox="0 0 {width:.0f} {height:.0f}" role="img" '
        f'aria-label="histogram of {len(values)} frames">{bars}{lines}'
        f'<path class="axis" d="M0 {base}H{width:.0f}"/>'
        f'<text x="0" y="93">0</text>'
        f'<text x="{width:.0f}" y="93" text-anchor="end">{top:g} ms</text></svg>'
    )


def nice_ceiling(value: float) -> float:
    """Return the next of 1, 2 or 5 times a power of ten at or above a value."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 5, 10) if value <= step * power * (1 + 1e-9))


def _bin_words(index: int, top: float) -> str:
    low = f'{index * top / _BINS:.3g}'
    return (
        f'{low} ms or more'
        if index == _BINS - 1
        else f'{low} to {(index + 1) * top / _BINS:.3g} ms'
    )
