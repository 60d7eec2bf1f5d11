# SPDX-License-Identifier: Apache-2.0
"""Boards of road signs after the German catalogue (VzKat), the one that GTSRB photographs.

Those with a label of their own, then those that share the label `other_sign`: warnings,
prohibitions, ends, mandatory arrows.
"""

from collections.abc import Callable
from typing import NamedTuple

from mobilenet_perception.street import pictograms
from mobilenet_perception.street.shapes import (
    Colour,
    Pen,
    arc,
    draw_text,
    rectangle,
    regular_polygon,
    rounded,
)

Pictogram = Callable[[Pen, Colour], None]

_GREY: Colour = (120, 122, 126)


class Finish(NamedTuple):
    """How a board is made and has aged: its colours (RGB) and its border.

    Attributes:
        red: of borders and discs.
        white: of grounds.
        yellow: of the priority road.
        blue: of mandatory signs.
        black: of pictograms and digits.
        rim: whether a thin white rim runs around the red.
        border: width of the red border as a share of the board.
    """

    red: Colour
    white: Colour
    yellow: Colour
    blue: Colour
    black: Colour
    rim: bool
    border: float


Board = Callable[[Pen, Finish], None]
FINISHES = (
    Finish((193, 24, 36), (246, 246, 246), (250, 190, 10), (10, 82, 165), (22, 22, 24), True, 0.1),
    Finish(
        (168, 20, 32), (228, 230, 232), (228, 160, 8), (8, 60, 132), (18, 18, 20), False, 0.115
    ),
    Finish(
        (214, 78, 66), (240, 234, 222), (248, 206, 72), (62, 118, 186), (52, 48, 48), True, 0.1
    ),
    Finish((222, 26, 34), (255, 255, 255), (255, 212, 0), (0, 96, 206), (8, 8, 8), True, 0.085),
)

_MIDDLE = (0.5, 0.5)
_TRIANGLE_CENTRE = (0.5, 0.63)
_RADIUS = 0.49


def warning(pen: Pen, finish: Finish, pictogram: Pictogram, mirrored: bool = False) -> None:
    """A red triangle, its point up, around a pictogram."""
    _triangle(pen, finish, -90, _TRIANGLE_CENTRE)
    pictogram(pen.at(0.265, 0.355, 0.47, mirrored), finish.black)


def exclamation(pen: Pen, finish: Finish) -> None:
    """General caution: a taller pictogram than the other triangles have."""
    _triangle(pen, finish, -90, _TRIANGLE_CENTRE)
    pictograms.exclamation_mark(pen.at(0.26, 0.315, 0.48), finish.black)


def give_way(pen: Pen, finish: Finish) -> None:
    """Yield: a red triangle, its point down."""
    _triangle(pen, finish, 90, (0.5, 1 - _TRIANGLE_CENTRE[1]))


def stop(pen: Pen, finish: Finish) -> None:
    """A red octagon that says STOP."""
    pen.fill(regular_polygon(_MIDDLE, 0.525, 8, 22.5), finish.white)
    pen.fill(regular_polygon(_MIDDLE, 0.525 - (0.03 if finish.rim else 0.02), 8, 22.5), finish.red)
    draw_text(
        pen,
        'STOP',
        _MIDDLE,
        height=0.36,
        width=0.83,
        colour=finish.white,
        weight=0.175,
        breadth=0.78,
    )


def no_entry(pen: Pen, finish: Finish) -> None:
    """A red disc with a white bar."""
    _disc(pen, finish, finish.red)
    pen.fill(rounded(rectangle(0.14, 0.41, 0.86, 0.59), 0.015), finish.white)


def priority_road(pen: Pen, finish: Finish) -> None:
    """A yellow diamond on a white one with a thin dark edge."""
    pen.fill(rounded(regular_polygon(_MIDDLE, 0.52, 4, 0), 0.07), (90, 92, 96))
    pen.fill(rounded(regular_polygon(_MIDDLE, 0.5, 4, 0), 0.065), finish.white)
    radius = 0.36 - (finish.border - 0.1)
    pen.fill(rounded(regular_polygon(_MIDDLE, radius + 0.012, 4, 0), 0.03), (60, 60, 62))
    pen.fill(rounded(regular_polygon(_MIDDLE, radius, 4, 0), 0.03), finish.yellow)


def speed_limit(pen: Pen, finish: Finish, digits: str) -> None:
    """A red ring around the highest speed allowed, in km/h."""
    prohibition(pen, finish)
    width = 0.56 if len(digits) < 3 else 0.66
    draw_text(pen, digits, _MIDDLE, height=0.42, width=width, colour=finish.black, weight=0.155)


def prohibition(pen: Pen, finish: Finish) -> None:
    """A red ring on white, empty."""
    _disc(pen, finish, finish.red)
    pen.disc(_MIDDLE, _RADIUS - (0.015 if finish.rim else 0.0) - finish.border, finish.white)


def mandatory(pen: Pen, finish: Finish) -> None:
    """A blue disc, empty."""
    _disc(pen, finish, finish.blue)


def end_of(pen: Pen, finish: Finish) -> None:
    """A white disc crossed by the dark lines that end a restriction."""
    pen.disc(_MIDDLE, _RADIUS, finish.black)
    pen.disc(_MIDDLE, _RADIUS - 0.018, finish.white)


def end_lines(pen: Pen, finish: Finish) -> None:
    """Five dark lines from the lower left to the upper right."""
    for offset in (-0.1, -0.05, 0.0, 0.05, 0.1):
        pen.stroke(
            [(0.2 + offset, 0.8 + offset), (0.8 + offset, 0.2 + offset)], 0.022, finish.black
        )


def _disc(pen: Pen, finish: Finish, ground: Colour) -> None:
    pen.fill(arc(_MIDDLE, _RADIUS, 0, 360), finish.white if finish.rim else ground)
    pen.disc(_MIDDLE, _RADIUS - 0.015, ground)


def _triangle(pen: Pen, finish: Finish, turn: float, centre: tuple[float, float]) -> None:
    outer = 0.585
    if finish.rim:
        pen.fill(rounded(regular_polygon(centre, outer, 3, turn), 0.09), finish.white)
        outer -= 0.03
    pen.fill(rounded(regular_polygon(centre, outer, 3, turn), 0.08), finish.red)
    # The border is measured at right angles to the sides; a triangle's corner is twice as far.
    inner = outer - 1.7 * finish.border
    pen.fill(rounded(regular_polygon(centre, inner, 3, turn), 0.03), finish.white)


def _warning(pictogram: Pictogram, mirrored: bool = False) -> Board:
    return lambda pen, finish: warning(pen, finish, pictogram, mirrored)


def _no_passing(pen: Pen, finish: Finish) -> None:
    prohibition(pen, finish)
    pictograms.car(pen.at(0.2, 0.36, 0.29), finish.red)
    pictograms.car(pen.at(0.51, 0.36, 0.29), finish.black)


def _no_passing_trucks(pen: Pen, finish: Finish) -> None:
    prohibition(pen, finish)
    pictograms.truck(pen.at(0.16, 0.28, 0.36), finish.red)
    pictograms.car(pen.at(0.54, 0.38, 0.26), finish.black)


def _no_trucks(pen: Pen, finish: Finish) -> None:
    prohibition(pen, finish)
    pictograms.truck(pen.at(0.22, 0.23, 0.56), finish.black)


def _end_of_80(pen: Pen, finish: Finish) -> None:
    end_of(pen, finish)
    draw_text(pen, '80', (0.5, 0.5), height=0.44, width=0.6, colour=_GREY, weight=0.155)
    end_lines(pen, finish)


def _end_of_all(pen: Pen, finish: Finish) -> None:
    end_of(pen, finish)
    end_lines(pen, finish)


def _end_of_no_passing(pen: Pen, finish: Finish) -> None:
    end_of(pen, finish)
    pictograms.car(pen.at(0.17, 0.35, 0.31), _GREY)
    pictograms.car(pen.at(0.52, 0.35, 0.31), _GREY)
    end_lines(pen, finish)


def _end_of_no_passing_trucks(pen: Pen, finish: Finish) -> None:
    end_of(pen, finish)
    pictograms.truck(pen.at(0.13, 0.28, 0.38), _GREY)
    pictograms.car(pen.at(0.54, 0.37, 0.28), _GREY)
    end_lines(pen, finish)


def _ahead(pen: Pen, finish: Finish) -> None:
    mandatory(pen, finish)
    pictograms.arrow(pen, [(0.5, 0.84), (0.5, 0.12)], finish.white, 0.14)


def _turn(mirrored: bool) -> Board:
    def board(pen: Pen, finish: Finish) -> None:
        mandatory(pen, finish)
        local = pen.at(0.0, 0.0, 1.0, mirrored)
        bend = [(0.36, 0.82), (0.36, 0.52), *arc((0.52, 0.52), 0.16, 180, 270)]
        pictograms.arrow(local, [*bend, (0.55, 0.36), (0.84, 0.36)], finish.white, 0.12)

    return board


def _straight_or_turn(mirrored: bool) -> Board:
    def board(pen: Pen, finish: Finish) -> None:
        mandatory(pen, finish)
        local = pen.at(0.0, 0.0, 1.0, mirrored)
        pictograms.arrow(local, [(0.4, 0.86), (0.4, 0.1)], finish.white, 0.11)
        pictograms.arrow(local, [(0.4, 0.62), (0.5, 0.54), (0.86, 0.54)], finish.white, 0.11)

    return board


def _keep(mirrored: bool) -> Board:
    def board(pen: Pen, finish: Finish) -> None:
        mandatory(pen, finish)
        local = pen.at(0.0, 0.0, 1.0, mirrored)
        pictograms.arrow(local, [(0.24, 0.24), (0.76, 0.76)], finish.white, 0.15)

    return board


def _roundabout(pen: Pen, finish: Finish) -> None:
    mandatory(pen, finish)
    for start in (20, 140, 260):
        ring = arc((0.5, 0.5), 0.28, start, start - 78)
        pen.stroke(ring, 0.095, finish.white)
        # The head follows the circle, which turns counter-clockwise.
        pictograms.arrow_head(
            pen, arc((0.5, 0.5), 0.28, start - 78, start - 112)[-1], start - 188, 0.2, finish.white
        )


OTHER_SIGNS: tuple[Board, ...] = (
    _turn(False),
    _turn(True),
    _ahead,
    _straight_or_turn(False),
    _straight_or_turn(True),
    _keep(False),
    _keep(True),
    _roundabout,
    _no_passing,
    _no_passing_trucks,
    _no_trucks,
    prohibition,
    _end_of_80,
    _end_of_all,
    _end_of_no_passing,
    _end_of_no_passing_trucks,
    _warning(pictograms.crossing_ahead),
    _warning(pictograms.curve),
    _warning(pictograms.curve, mirrored=True),
    _warning(pictograms.double_curve),
    _warning(pictograms.bumps),
    _warning(pictograms.skidding_car),
    _warning(pictograms.narrow_right),
    _warning(pictograms.small_signals),
    _warning(pictograms.snowflake),
    _warning(pictograms.deer),
)
