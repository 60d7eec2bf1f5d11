# SPDX-License-Identifier: Apache-2.0
"""Traffic lights: a portrait housing with three lamps, one of them lit."""

from typing import NamedTuple

import cv2
import numpy as np

from mobilenet_perception.street.pictograms import arrow
from mobilenet_perception.street.shapes import (
    Colour,
    Pen,
    Pixels,
    Point,
    arc,
    blank_canvas,
    rectangle,
    rounded,
    shrink,
)


class Housing(NamedTuple):
    """How a traffic light is built.

    Attributes:
        width: of the housing, as a share of the drawing's side; its height is 0.94.
        colour: RGB of the housing.
        backplate: RGB of the board behind it, or None.
        edge: RGB of the backplate's edge, or None.
        visors: whether hoods cover the upper half of the lamps.
        arrow: direction of an arrow lamp in degrees clockwise from the right, or None: a ball.
    """

    width: float
    colour: Colour
    backplate: Colour | None = None
    edge: Colour | None = None
    visors: bool = True
    arrow: int | None = None


HOUSINGS = (
    Housing(0.4, (34, 36, 38)),
    Housing(0.36, (28, 40, 36), (16, 17, 18), (232, 232, 232)),
    Housing(0.38, (48, 50, 54), visors=False),
    Housing(0.36, (26, 26, 28), (38, 39, 42)),
    Housing(0.42, (40, 54, 48), visors=True),
    Housing(0.37, (30, 30, 32), (20, 20, 22), (236, 190, 40), visors=True),
    Housing(0.4, (30, 32, 34), arrow=180),
    Housing(0.4, (30, 32, 34), arrow=-90),
    Housing(0.38, (196, 150, 40)),
    Housing(0.36, (84, 88, 92), visors=True),
)

# Lit colour (RGB), its bright middle, and the dark glass of a lamp that is off, from the top.
_LIT: tuple[tuple[Colour, Colour], ...] = (
    ((255, 38, 44), (255, 164, 150)),
    ((255, 170, 20), (255, 232, 160)),
    ((20, 226, 150), (190, 255, 226)),
)
_OFF: tuple[Colour, ...] = ((62, 26, 26), (64, 50, 24), (24, 52, 44))
_HEIGHT = 0.94
_SPACING = 0.295


def draw_light(lamp: int, size: int, housing: Housing) -> Pixels:
    """Draw a traffic light as (size, size, 4) uint8 RGBA.

    Args:
        lamp: which lamp is lit: 0 red (top), 1 yellow, 2 green.
        size: side of the drawing in pixels.
        housing: how it is built.
    """
    pen = blank_canvas(size)
    _draw_housing(pen, housing)
    radius = min(0.122, housing.width * 0.36)
    for index, glass in enumerate(_OFF):
        centre = (0.5, 0.5 + (index - 1) * _SPACING)
        pen.disc(centre, radius + 0.014, _shade(housing.colour, 0.55))
        if index != lamp or housing.arrow is not None:
            pen.disc(centre, radius, glass if index != lamp else (14, 15, 16))
        if index == lamp:
            _draw_lamp(pen, centre, radius, _LIT[lamp], housing.arrow)
        if housing.visors:
            _draw_visor(pen, centre, radius, _shade(housing.colour, 0.5))
    image = shrink(pen.pixels, size)
    return _glow(image, (0.5, 0.5 + (lamp - 1) * _SPACING), radius, _LIT[lamp][0], housing)


def _draw_housing(pen: Pen, housing: Housing) -> None:
    half, top = housing.width / 2, 0.5 - _HEIGHT / 2
    if housing.backplate is not None:
        board = rectangle(0.5 - half - 0.07, 0.005, 0.5 + half + 0.07, 0.995)
        pen.fill(rounded(board, 0.05), housing.edge or housing.backplate)
        inner = rectangle(0.5 - half - 0.05, 0.025, 0.5 + half + 0.05, 0.975)
        pen.fill(rounded(inner, 0.04), housing.backplate)
    body = rectangle(0.5 - half, top, 0.5 + half, 1 - top)
    pen.fill(rounded(body, 0.05), _shade(housing.colour, 0.7))
    face = rectangle(0.5 - half + 0.012, top + 0.012, 0.5 + half - 0.012, 1 - top - 0.012)
    pen.fill(rounded(face, 0.045), housing.colour)


def _draw_lamp(
    pen: Pen, centre: Point, radius: float, lit: tuple[Colour, Colour], turn: int | None
) -> None:
    if turn is None:
        pen.disc(centre, radius, lit[0])
        pen.disc(centre, radius * 0.55, _mix(lit[0], lit[1], 0.5))
        pen.disc(centre, radius * 0.3, lit[1])
        return
    x, y = np.cos(np.radians(turn)) * radius * 0.85, np.sin(np.radians(turn)) * radius * 0.85
    ends = [(centre[0] - x, centre[1] - y), (centre[0] + x, centre[1] + y)]
    arrow(pen, ends, lit[0], radius * 0.42)


def _draw_visor(pen: Pen, centre: Point, radius: float, colour: Colour) -> None:
    hood = [*arc(centre, radius + 0.02, 170, 370), *arc(centre, radius * 0.93, 370, 170, 0.82)]
    pen.fill(hood, colour)


def _glow(image: Pixels, centre: Point, radius: float, colour: Colour, housing: Housing) -> Pixels:
    """Add light around a lamp: bright on the housing, a faint haze on what lies behind it."""
    size = image.shape[0]
    across = (np.arange(size, dtype=np.float32) + 0.5) / size
    distance = np.hypot(across[None, :] - centre[0], across[:, None] - centre[1])
    strength = 0.34 if housing.arrow is None else 0.18
    haze = strength * np.exp(-((distance / (radius * 1.35)) ** 2)).astype(np.float32)
    pixels = image.astype(np.float32)
    alpha = pixels[..., 3] / 255.0
    lit = np.array(colour, np.float32)
    # Screen blending keeps what is bright; where nothing is drawn the haze itself is the drawing.
    screened = 255.0 - (255.0 - pixels[..., :3]) * (255.0 - lit * haze[..., None]) / 255.0
    drawn = (alpha > 0)[..., None]
    pixels[..., :3] = np.where(drawn, screened, lit)
    pixels[..., 3] = 255.0 * np.maximum(alpha, np.where(haze > 0.02, haze, 0.0))
    pixels[pixels[..., 3] < 1] = 0
    return cv2.convertScaleAbs(pixels)  # type: ignore[return-value]


def _shade(colour: Colour, share: float) -> Colour:
    return _mix((0, 0, 0), colour, share)


def _mix(first: Colour, second: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return (red, green, blue)
