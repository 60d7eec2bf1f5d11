# SPDX-License-Identifier: Apache-2.0
"""A pen that fills shapes and writes digits on a four-channel canvas, in units of its square.

Digits and letters are strokes, after the narrow lettering of German road signs (DIN 1451).
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

Point = tuple[float, float]
Colour = tuple[int, int, int]
Pixels = npt.NDArray[np.uint8]

OVERSAMPLING = 4
# Fractional bits of OpenCV's fixed-point coordinates: edges keep their place on small canvases.
_SHIFT = 6
_ONE = 1 << _SHIFT
# Width of a glyph and its distance to the next, as shares of its height.
_GLYPH_WIDTH = 0.46
_GLYPH_GAP = 0.24


class Pen(NamedTuple):
    """Draws on `pixels`, (side, side, 4) uint8 RGBA, in local units: x right, y down.

    Attributes:
        pixels: the canvas, changed in place; transparent pixels stay all zero.
        left: canvas pixels of the local x = 0.
        top: canvas pixels of the local y = 0.
        unit: canvas pixels of one local unit; a negative x unit mirrors, see `at`.
        mirrored: whether x runs from right to left, `left` being the right edge then.
    """

    pixels: Pixels
    left: float
    top: float
    unit: float
    mirrored: bool = False

    def at(self, x: float, y: float, scale: float, mirrored: bool = False) -> 'Pen':
        """Return a pen whose unit square lies at (x, y), `scale` wide, in units of this one."""
        left = self._x(x + (scale if mirrored else 0.0))
        top = self.top + y * self.unit
        return Pen(self.pixels, left, top, self.unit * scale, self.mirrored ^ mirrored)

    def fill(self, points: Sequence[Point], colour: Colour) -> None:
        """Fill a polygon."""
        cv2.fillPoly(self.pixels, [self._fixed(points)], (*colour, 255), cv2.LINE_8, _SHIFT)

    def disc(self, centre: Point, radius: float, colour: Colour) -> None:
        """Fill a circle."""
        self.fill(arc(centre, radius, 0, 360), colour)

    def stroke(
        self, points: Sequence[Point], width: float, colour: Colour, closed: bool = False
    ) -> None:
        """Draw a line through points, with round ends and joints."""
        thickness = max(1, round(width * self.unit))
        fixed = [self._fixed(points)]
        cv2.polylines(self.pixels, fixed, closed, (*colour, 255), thickness, cv2.LINE_8, _SHIFT)

    def _x(self, x: float) -> float:
        return self.left - x * self.unit if self.mirrored else self.left + x * self.unit

    def _fixed(self, points: Sequence[Point]) -> npt.NDArray[np.int32]:
        # Half a pixel less: OpenCV's integer coordinates are the middles of pixels.
        places = [(self._x(x) - 0.5, self.top + y * self.unit - 0.5) for x, y in points]
        return np.round(np.array(places) * _ONE).astype(np.int32)


def blank_canvas(size: int) -> Pen:
    """Return a pen on a transparent canvas that `shrink` will turn into `size` pixels."""
    side = size * OVERSAMPLING
    return Pen(np.zeros((side, side, 4), np.uint8), 0.0, 0.0, float(side))


def shrink(canvas: Pixels, size: int) -> Pixels:
    """Average a canvas down to (size, size, 4) uint8 RGBA with straight (not multiplied) alpha."""
    small = cv2.resize(canvas, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32)
    # Transparent canvas pixels are zero, so the average is multiplied by alpha already.
    alpha = np.maximum(small[..., 3:], 1.0)
    small[..., :3] = np.minimum(small[..., :3] * (255.0 / alpha), 255.0)
    return np.round(small).astype(np.uint8)


def draw_text(
    pen: Pen,
    text: str,
    centre: Point,
    *,
    height: float,
    width: float,
    colour: Colour,
    weight: float = 0.16,
    breadth: float = 1.0,
) -> None:
    """Draw a text of digits and the letters S, T, O, P around a centre.

    Args:
        pen: draws it.
        text: what to draw.
        centre: the middle of the text, in the pen's units.
        height: the height of the glyphs, in the pen's units.
        width: the widest that the text may be: it is made smaller to fit.
        colour: of the strokes.
        weight: thickness of the strokes as a share of the height.
        breadth: width of the glyphs, 1 being the usual one.
    """
    height = min(height, width / (text_width(text, breadth) + weight))
    inner = height * (1 - weight)
    left = centre[0] - text_width(text, breadth) * inner / 2
    for index, glyph in enumerate(text):
        place = pen.at(
            left + index * (_GLYPH_WIDTH * breadth + _GLYPH_GAP) * inner,
            centre[1] - inner / 2,
            inner,
        )
        for points in _STROKES[glyph]:
            place.stroke([(x * breadth, y) for x, y in points], weight, colour)


def text_width(text: str, breadth: float = 1.0) -> float:
    """Return the width of a text whose height is 1, strokes' own thickness left out."""
    return len(text) * _GLYPH_WIDTH * breadth + (len(text) - 1) * _GLYPH_GAP


def arc(
    centre: Point, radius: float, start: float, stop: float, stretch: float = 1.0
) -> list[Point]:
    """Return points of an arc, angles in degrees clockwise from the right, y radius stretched."""
    count = max(3, int(abs(stop - start) / 7) + 1)
    angles = np.radians(np.linspace(start, stop, count))
    return [
        (centre[0] + radius * math.cos(a), centre[1] + radius * stretch * math.sin(a))
        for a in angles
    ]


def regular_polygon(centre: Point, radius: float, corners: int, turn: float) -> list[Point]:
    """Return the corners of a regular polygon, the first at `turn` degrees from the right."""
    step = 360.0 / corners
    return [
        (
            centre[0] + radius * math.cos(math.radians(turn + i * step)),
            centre[1] + radius * math.sin(math.radians(turn + i * step)),
        )
        for i in range(corners)
    ]


def rounded(corners: Sequence[Point], radius: float) -> list[Point]:
    """Return a polygon with its corners rounded by quadratic curves that start `radius` away."""
    points: list[Point] = []
    for index, corner in enumerate(corners):
        before = _towards(corner, corners[index - 1], radius)
        after = _towards(corner, corners[(index + 1) % len(corners)], radius)
        for t in np.linspace(0.0, 1.0, 6):
            weights = ((1 - t) ** 2, 2 * t * (1 - t), t**2)
            three = (before, corner, after)
            points.append(
                (
                    float(sum(w * p[0] for w, p in zip(weights, three, strict=True))),
                    float(sum(w * p[1] for w, p in zip(weights, three, strict=True))),
                )
            )
    return points


def rectangle(left: float, top: float, right: float, bottom: float) -> list[Point]:
    """Return the corners of an upright rectangle."""
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def _towards(start: Point, goal: Point, distance: float) -> Point:
    length = math.hypot(goal[0] - start[0], goal[1] - start[1])
    share = distance / length
    return (start[0] + (goal[0] - start[0]) * share, start[1] + (goal[1] - start[1]) * share)


_R = _GLYPH_WIDTH / 2
_O = [*arc((_R, _R), _R, 180, 360), *arc((_R, 1 - _R), _R, 0, 180), (0.0, _R)]
# Strokes of each glyph: height 1, y down.
_STROKES: dict[str, list[list[Point]]] = {
    '0': [_O],
    '1': [[(0.02, 0.24), (0.27, 0.0), (0.27, 1.0)]],
    '2': [[*arc((_R, 0.25), _R, 190, 380, 1.08), (0.0, 1.0), (_GLYPH_WIDTH, 1.0)]],
    '3': [[*arc((_R, 0.245), _R, 205, 440, 1.06), *arc((_R, 0.73), _R, 275, 515, 1.17)]],
    '4': [[(0.34, 1.0), (0.34, 0.0), (0.0, 0.74), (_GLYPH_WIDTH, 0.74)]],
    '5': [[(0.43, 0.0), (0.05, 0.0), (0.03, 0.45), *arc((_R, 0.69), _R, 222, 515, 1.35)]],
    '6': [
        [*arc((_R, 0.71), _R, 0, 360, 1.26)],
        [(0.0, 0.71), *arc((_R, 0.27), _R, 185, 335, 1.17)],
    ],
    '7': [[(0.0, 0.0), (_GLYPH_WIDTH, 0.0), (0.16, 1.0)]],
    '8': [arc((_R, 0.24), _R * 0.92, 0, 360, 1.13), arc((_R, 0.735), _R, 0, 360, 1.15)],
    '9': [
        [*arc((_R, 0.29), _R, 0, 360, 1.26)],
        [(_GLYPH_WIDTH, 0.29), *arc((_R, 0.73), _R, 5, 155, 1.17)],
    ],
    'S': [[*arc((_R, 0.25), _R, 325, 85, 1.08), *arc((_R, 0.745), _R, 275, 505, 1.1)]],
    'T': [[(0.0, 0.0), (_GLYPH_WIDTH, 0.0)], [(_R, 0.0), (_R, 1.0)]],
    'O': [_O],
    'P': [
        [(0.0, 1.0), (0.0, 0.0), (0.2, 0.0), *arc((0.2, 0.27), 0.25, 270, 450, 1.08), (0.0, 0.54)]
    ],
}
