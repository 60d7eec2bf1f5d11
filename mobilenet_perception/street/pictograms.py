# SPDX-License-Identifier: Apache-2.0
"""Pictograms of road signs, each drawn in a pen's unit square.

A pen that fills shapes and writes digits on a four-channel canvas, in units of its square.

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


def pedestrian(pen: Pen, colour: Colour) -> None:
    """A grown person who walks to the left."""
    pen.disc((0.47, 0.09), 0.085, colour)
    pen.fill([(0.37, 0.2), (0.58, 0.19), (0.64, 0.52), (0.6, 0.58), (0.4, 0.58)], colour)
    pen.stroke([(0.46, 0.56), (0.35, 0.76), (0.2, 0.96)], 0.11, colour)
    pen.stroke([(0.55, 0.56), (0.66, 0.75), (0.79, 0.96)], 0.11, colour)
    pen.stroke([(0.2, 0.96), (0.12, 0.96)], 0.07, colour)
    pen.stroke([(0.4, 0.23), (0.29, 0.38), (0.2, 0.52)], 0.075, colour)
    pen.stroke([(0.57, 0.23), (0.69, 0.38), (0.77, 0.5)], 0.075, colour)


def child(pen: Pen, colour: Colour) -> None:
    """A child who runs to the left."""
    pen.disc((0.42, 0.11), 0.11, colour)
    pen.stroke([(0.45, 0.3), (0.52, 0.56)], 0.19, colour)
    pen.stroke([(0.5, 0.6), (0.3, 0.68), (0.24, 0.95)], 0.11, colour)
    pen.stroke([(0.54, 0.6), (0.68, 0.78), (0.94, 0.82)], 0.11, colour)
    pen.stroke([(0.4, 0.28), (0.18, 0.4), (0.06, 0.3)], 0.075, colour)
    pen.stroke([(0.5, 0.28), (0.72, 0.42), (0.88, 0.34)], 0.075, colour)


def children(pen: Pen, colour: Colour) -> None:
    """Two children who run, the smaller one ahead."""
    child(pen.at(0.32, -0.06, 0.74), colour)
    child(pen.at(-0.13, 0.25, 0.6), colour)
    pen.stroke([(0.4, 0.45), (0.44, 0.22)], 0.05, colour)


def bicycle(pen: Pen, colour: Colour) -> None:
    """A bicycle seen from the side, its front to the left."""
    for centre in ((0.2, 0.66), (0.8, 0.66)):
        pen.stroke(arc(centre, 0.19, 0, 360), 0.05, colour, closed=True)
    pen.stroke([(0.8, 0.66), (0.48, 0.66), (0.66, 0.36), (0.8, 0.66)], 0.05, colour)
    pen.stroke([(0.48, 0.66), (0.29, 0.36), (0.66, 0.36)], 0.05, colour)
    pen.stroke([(0.2, 0.66), (0.29, 0.36), (0.26, 0.24), (0.36, 0.22)], 0.05, colour)
    pen.stroke([(0.66, 0.36), (0.68, 0.27)], 0.05, colour)
    pen.stroke([(0.6, 0.26), (0.77, 0.26)], 0.07, colour)


def road_worker(pen: Pen, colour: Colour) -> None:
    """A worker who digs with a shovel into a heap."""
    pen.disc((0.4, 0.1), 0.1, colour)
    pen.stroke([(0.38, 0.29), (0.31, 0.52)], 0.2, colour)
    pen.stroke([(0.28, 0.56), (0.21, 0.76), (0.08, 0.95)], 0.11, colour)
    pen.stroke([(0.34, 0.56), (0.46, 0.72), (0.43, 0.95)], 0.11, colour)
    pen.stroke([(0.42, 0.28), (0.55, 0.4), (0.54, 0.57)], 0.08, colour)
    pen.stroke([(0.16, 0.4), (0.7, 0.74)], 0.05, colour)
    pen.fill([(0.64, 0.65), (0.82, 0.72), (0.74, 0.85), (0.6, 0.74)], colour)
    pen.fill([*arc((0.79, 1.0), 0.26, 180, 360, 0.95)], colour)


def exclamation_mark(pen: Pen, colour: Colour) -> None:
    """An exclamation mark, wide at its top."""
    pen.fill([*arc((0.5, 0.12), 0.12, 180, 360), (0.555, 0.7), (0.445, 0.7)], colour)
    pen.disc((0.5, 0.88), 0.105, colour)


def arrow_head(pen: Pen, tip: Point, degrees: float, size: float, colour: Colour) -> None:
    """A triangle that points in a direction, in degrees clockwise from the right."""
    angle = math.radians(degrees)
    back = (tip[0] - size * math.cos(angle), tip[1] - size * math.sin(angle))
    side = (-0.72 * size * math.sin(angle), 0.72 * size * math.cos(angle))
    pen.fill(
        [tip, (back[0] + side[0], back[1] + side[1]), (back[0] - side[0], back[1] - side[1])],
        colour,
    )


def arrow(pen: Pen, points: list[Point], colour: Colour, width: float = 0.13) -> None:
    """A line with a head at its last point."""
    (x0, y0), (x1, y1) = points[-2:]
    degrees = math.degrees(math.atan2(y1 - y0, x1 - x0))
    size = width * 2.1
    neck = size * 0.8 / math.hypot(x1 - x0, y1 - y0)
    end = (x1 - (x1 - x0) * neck, y1 - (y1 - y0) * neck)
    pen.stroke([*points[:-1], end], width, colour)
    arrow_head(pen, points[-1], degrees, size, colour)


def curve(pen: Pen, colour: Colour) -> None:
    """A bend to the left."""
    pen.stroke([(0.68, 0.95), (0.68, 0.62), *arc((0.48, 0.6), 0.2, 0, -80)], 0.14, colour)
    arrow_head(pen, (0.16, 0.41), 186, 0.3, colour)


def double_curve(pen: Pen, colour: Colour) -> None:
    """A bend to the left, then one to the right."""
    pen.stroke([(0.62, 0.98), (0.62, 0.68), (0.38, 0.5), (0.4, 0.26)], 0.13, colour)
    arrow_head(pen, (0.47, 0.0), 285, 0.28, colour)


def bumps(pen: Pen, colour: Colour) -> None:
    """Two bumps of the road."""
    pen.fill(rectangle(0.0, 0.76, 1.0, 0.88), colour)
    for x in (0.28, 0.72):
        pen.fill(arc((x, 0.78), 0.2, 180, 360), colour)


def narrow_right(pen: Pen, colour: Colour) -> None:
    """A road whose right side comes in."""
    pen.stroke([(0.36, 0.06), (0.36, 0.95)], 0.09, colour)
    pen.stroke([(0.6, 0.06), (0.6, 0.4), (0.72, 0.6), (0.72, 0.95)], 0.09, colour)


def crossing_ahead(pen: Pen, colour: Colour) -> None:
    """A wide arrow over a thin crossroad: right of way at the next intersection."""
    pen.fill(rectangle(0.17, 0.56, 0.83, 0.65), colour)
    pen.fill(rectangle(0.41, 0.2, 0.59, 0.97), colour)
    pen.fill([(0.5, 0.02), (0.68, 0.34), (0.32, 0.34)], colour)


def small_signals(pen: Pen, colour: Colour) -> None:
    """Three lamps over each other; the sign draws them in their own colours."""
    del colour
    for y, lamp in ((0.2, (200, 25, 35)), (0.52, (240, 180, 10)), (0.84, (20, 140, 70))):
        pen.disc((0.5, y), 0.135, lamp)


def snowflake(pen: Pen, colour: Colour) -> None:
    """A snowflake of six arms."""
    for turn in range(0, 360, 60):
        angle = math.radians(turn + 30)
        pen.stroke(
            [(0.5, 0.55), (0.5 + 0.42 * math.cos(angle), 0.55 + 0.42 * math.sin(angle))],
            0.07,
            colour,
        )
        for side in (-0.6, 0.6):
            start = (0.5 + 0.24 * math.cos(angle), 0.55 + 0.24 * math.sin(angle))
            end = (
                start[0] + 0.15 * math.cos(angle + side),
                start[1] + 0.15 * math.sin(angle + side),
            )
            pen.stroke([start, end], 0.06, colour)


def deer(pen: Pen, colour: Colour) -> None:
    """A deer that leaps to the left."""
    pen.fill(
        [(0.24, 0.38), (0.42, 0.42), (0.72, 0.58), (0.84, 0.62), (0.76, 0.72), (0.4, 0.62)],
        colour,
    )
    pen.stroke([(0.34, 0.46), (0.24, 0.24), (0.1, 0.26)], 0.1, colour)
    for antler in ([(0.22, 0.2), (0.24, 0.04)], [(0.26, 0.2), (0.38, 0.06)]):
        pen.stroke(antler, 0.045, colour)
    for leg in (
        [(0.36, 0.58), (0.2, 0.66), (0.08, 0.6)],
        [(0.4, 0.58), (0.28, 0.76), (0.16, 0.78)],
        [(0.74, 0.66), (0.84, 0.84), (0.98, 0.94)],
        [(0.7, 0.66), (0.74, 0.86), (0.86, 0.98)],
    ):
        pen.stroke(leg, 0.06, colour)


def skidding_car(pen: Pen, colour: Colour) -> None:
    """A car over its wavy tracks."""
    pen.fill([(0.3, 0.4), (0.38, 0.18), (0.7, 0.12), (0.8, 0.32)], colour)
    pen.fill([(0.2, 0.4), (0.88, 0.28), (0.9, 0.46), (0.24, 0.58)], colour)
    for x, y in ((0.34, 0.58), (0.78, 0.5)):
        pen.disc((x, y), 0.08, colour)
        wave = [(x + 0.08 * math.sin(t * 1.3), y + 0.1 + t * 0.085) for t in range(5)]
        pen.stroke(wave, 0.06, colour)


def car(pen: Pen, colour: Colour) -> None:
    """A car seen from behind."""
    pen.fill([(0.22, 0.42), (0.32, 0.16), (0.68, 0.16), (0.78, 0.42)], colour)
    pen.fill(rectangle(0.1, 0.4, 0.9, 0.7), colour)
    for x in (0.14, 0.68):
        pen.fill(rectangle(x, 0.66, x + 0.18, 0.86), colour)


def truck(pen: Pen, colour: Colour) -> None:
    """A truck seen from the side, its cab to the left."""
    pen.fill(rectangle(0.34, 0.22, 1.0, 0.68), colour)
    pen.fill([(0.02, 0.7), (0.02, 0.5), (0.1, 0.34), (0.3, 0.34), (0.3, 0.7)], colour)
    for x in (0.18, 0.56, 0.84):
        pen.disc((x, 0.72), 0.1, colour)
