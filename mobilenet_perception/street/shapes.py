# SPDX-License-Identifier: Apache-2.0
"""A pen that fills shapes on a four-channel canvas, in units of a square from 0 to 1."""

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
