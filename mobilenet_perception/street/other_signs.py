# SPDX-License-Identifier: Apache-2.0
"""The signs that share the label `other_sign`: warnings, prohibitions, ends, mandatory arrows."""

from collections.abc import Callable

from mobilenet_perception.street import pictograms, signs
from mobilenet_perception.street.glyphs import draw_text
from mobilenet_perception.street.shapes import Colour, Pen, arc
from mobilenet_perception.street.signs import Finish

Board = Callable[[Pen, Finish], None]

_GREY: Colour = (120, 122, 126)


def _warning(pictogram: signs.Pictogram, mirrored: bool = False) -> Board:
    return lambda pen, finish: signs.warning(pen, finish, pictogram, mirrored)


def _no_passing(pen: Pen, finish: Finish) -> None:
    signs.prohibition(pen, finish)
    pictograms.car(pen.at(0.2, 0.36, 0.29), finish.red)
    pictograms.car(pen.at(0.51, 0.36, 0.29), finish.black)


def _no_passing_trucks(pen: Pen, finish: Finish) -> None:
    signs.prohibition(pen, finish)
    pictograms.truck(pen.at(0.16, 0.28, 0.36), finish.red)
    pictograms.car(pen.at(0.54, 0.38, 0.26), finish.black)


def _no_trucks(pen: Pen, finish: Finish) -> None:
    signs.prohibition(pen, finish)
    pictograms.truck(pen.at(0.22, 0.23, 0.56), finish.black)


def _end_of_80(pen: Pen, finish: Finish) -> None:
    signs.end_of(pen, finish)
    draw_text(pen, '80', (0.5, 0.5), height=0.44, width=0.6, colour=_GREY, weight=0.155)
    signs.end_lines(pen, finish)


def _end_of_all(pen: Pen, finish: Finish) -> None:
    signs.end_of(pen, finish)
    signs.end_lines(pen, finish)


def _end_of_no_passing(pen: Pen, finish: Finish) -> None:
    signs.end_of(pen, finish)
    pictograms.car(pen.at(0.17, 0.35, 0.31), _GREY)
    pictograms.car(pen.at(0.52, 0.35, 0.31), _GREY)
    signs.end_lines(pen, finish)


def _end_of_no_passing_trucks(pen: Pen, finish: Finish) -> None:
    signs.end_of(pen, finish)
    pictograms.truck(pen.at(0.13, 0.28, 0.38), _GREY)
    pictograms.car(pen.at(0.54, 0.37, 0.28), _GREY)
    signs.end_lines(pen, finish)


def _ahead(pen: Pen, finish: Finish) -> None:
    signs.mandatory(pen, finish)
    pictograms.arrow(pen, [(0.5, 0.84), (0.5, 0.12)], finish.white, 0.14)


def _turn(mirrored: bool) -> Board:
    def board(pen: Pen, finish: Finish) -> None:
        signs.mandatory(pen, finish)
        local = pen.at(0.0, 0.0, 1.0, mirrored)
        bend = [(0.36, 0.82), (0.36, 0.52), *arc((0.52, 0.52), 0.16, 180, 270)]
        pictograms.arrow(local, [*bend, (0.55, 0.36), (0.84, 0.36)], finish.white, 0.12)

    return board


def _straight_or_turn(mirrored: bool) -> Board:
    def board(pen: Pen, finish: Finish) -> None:
        signs.mandatory(pen, finish)
        local = pen.at(0.0, 0.0, 1.0, mirrored)
        pictograms.arrow(local, [(0.4, 0.86), (0.4, 0.1)], finish.white, 0.11)
        pictograms.arrow(local, [(0.4, 0.62), (0.5, 0.54), (0.86, 0.54)], finish.white, 0.11)

    return board


def _keep(mirrored: bool) -> Board:
    def board(pen: Pen, finish: Finish) -> None:
        signs.mandatory(pen, finish)
        local = pen.at(0.0, 0.0, 1.0, mirrored)
        pictograms.arrow(local, [(0.24, 0.24), (0.76, 0.76)], finish.white, 0.15)

    return board


def _roundabout(pen: Pen, finish: Finish) -> None:
    signs.mandatory(pen, finish)
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
    signs.prohibition,
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
