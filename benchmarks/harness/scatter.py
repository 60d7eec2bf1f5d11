# SPDX-License-Identifier: Apache-2.0
"""A scatter plot of named points as SVG."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

import numpy as np

_WIDTH, _HEIGHT, _MARGIN = 640.0, 420.0, 70.0
_TICKS = 5


class Point(NamedTuple):
    """A point with its name; both coordinates are shares, 0 to 1."""

    name: str
    x: float
    y: float


def scatter(points: Sequence[Point], x_title: str, y_title: str) -> str:
    """Draw points in axes that just hold them."""
    (x_low, x_high), (y_low, y_high) = (
        _range([getattr(point, axis) for point in points]) for axis in ('x', 'y')
    )

    def at(x: float, y: float) -> tuple[float, float]:
        right = (x - x_low) / (x_high - x_low) * (_WIDTH - 2 * _MARGIN)
        up = (y - y_low) / (y_high - y_low) * (_HEIGHT - 2 * _MARGIN)
        return _MARGIN + right, _HEIGHT - _MARGIN - up

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" '
        'font-family="sans-serif" font-size="12">'
        '<rect width="100%" height="100%" fill="white"/>'
    ]
    for value in np.linspace(x_low, x_high, _TICKS).tolist():
        x, y = at(value, y_low)
        parts.append(f'<text x="{x:.0f}" y="{y + 20:.0f}" text-anchor="middle">{value:.1%}</text>')
    for value in np.linspace(y_low, y_high, _TICKS).tolist():
        x, y = at(x_low, value)
        parts.append(f'<text x="{x - 8:.0f}" y="{y + 4:.0f}" text-anchor="end">{value:.1%}</text>')
        parts.append(f'<path d="M{x:.0f} {y:.0f}H{_WIDTH - _MARGIN:.0f}" stroke="#ddd"/>')
    for point in points:
        x, y = at(point.x, point.y)
        side, anchor = (8, 'start') if x < _WIDTH / 2 else (-8, 'end')
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="#1f6fb2"/>'
            f'<text x="{x + side:.1f}" y="{y - 8:.1f}" text-anchor="{anchor}">'
            f'{escape(point.name)}</text>'
        )
    parts.append(
        f'<text x="{_WIDTH / 2:.0f}" y="{_HEIGHT - 20:.0f}" text-anchor="middle">'
        f'{escape(x_title)}</text><text x="{_MARGIN:.0f}" y="30">{escape(y_title)}</text></svg>\n'
    )
    return ''.join(parts)


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    room = max(0.05 * (high - low), 1e-3)
    return low - room, high + room
