# SPDX-License-Identifier: Apache-2.0
"""Pictograms of the labelled warning signs, each drawn in a pen's unit square."""

from mobilenet_perception.simulation.shapes import Colour, Pen, arc


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
