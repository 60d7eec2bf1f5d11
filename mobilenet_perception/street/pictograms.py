# SPDX-License-Identifier: Apache-2.0
"""Pictograms of road signs, each drawn in a pen's unit square."""

import math

from mobilenet_perception.street.shapes import Colour, Pen, Point, arc, rectangle


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
