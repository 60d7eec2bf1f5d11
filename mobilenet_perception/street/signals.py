# SPDX-License-Identifier: Apache-2.0
"""Street signals: their labels, in the order of the network's outputs, and a drawing of each.

Traffic lights: a portrait housing with three lamps, one of them lit.
"""

from collections.abc import Callable
from functools import cache, partial
from typing import NamedTuple

import cv2
import numpy as np

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.street import pictograms, signs
from mobilenet_perception.street.pictograms import (
    Colour,
    Pen,
    Pixels,
    Point,
    arc,
    arrow,
    blank_canvas,
    rectangle,
    rounded,
    shrink,
)
from mobilenet_perception.street.signs import OTHER_SIGNS, Board


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


BACKGROUND = 'background'
TRAFFIC_LIGHTS = ('traffic_light_red', 'traffic_light_yellow', 'traffic_light_green')
SIGNAL_LABELS = (
    *TRAFFIC_LIGHTS,
    'stop',
    'yield',
    'no_entry',
    'pedestrians',
    'children_crossing',
    'bicycles_crossing',
    'road_work',
    'general_caution',
    'priority_road',
    'speed_limit',
    'other_sign',
)
LABELS = (*SIGNAL_LABELS, BACKGROUND)

SPEEDS = ('30', '50', '20', '60', '70', '80', '100', '120')
MIN_SIZE = 8
_EXTENT_SIZE = 128


def _both_ways(pictogram: signs.Pictogram) -> tuple[Board, ...]:
    return (
        partial(signs.warning, pictogram=pictogram),
        partial(signs.warning, pictogram=pictogram, mirrored=True),
    )


_BOARDS: dict[str, tuple[Board, ...]] = {
    'stop': (signs.stop,),
    'yield': (signs.give_way,),
    'no_entry': (signs.no_entry,),
    'pedestrians': _both_ways(pictograms.pedestrian),
    'children_crossing': _both_ways(pictograms.children),
    'bicycles_crossing': _both_ways(pictograms.bicycle),
    'road_work': _both_ways(pictograms.road_worker),
    'general_caution': (signs.exclamation,),
    'priority_road': (signs.priority_road,),
    'speed_limit': tuple(partial(signs.speed_limit, digits=digits) for digits in SPEEDS),
    'other_sign': OTHER_SIGNS,
}


def variants(label: str) -> int:
    """Return how many distinct drawings a label has; `draw_signal` takes 0 to this less one.

    Raises:
        PerceptionError: the label names no signal that is drawn.
    """
    if label in TRAFFIC_LIGHTS:
        return len(HOUSINGS)
    return len(_boards(label)) * len(signs.FINISHES)


def draw_signal(label: str, size: int, variant: int = 0) -> Pixels:
    """Draw a signal, seen from the front, in even light; the same arguments draw the same.

    Signs follow the German catalogue, as GTSRB's photographs do. Variants of a sign run over
    its boards first (pictograms, digits, arrows) and then over their finish (new, dark, faded,
    bright); those of a traffic light are housings.

    Args:
        label: one of `SIGNAL_LABELS`.
        size: side of the drawing in pixels, at least 8. The signal fills its height or width.
        variant: which drawing, 0 to `variants(label) - 1`.

    Returns:
        (size, size, 4) uint8 RGBA, straight alpha, edges smooth; 0 where nothing is drawn.

    Raises:
        PerceptionError: no such label or variant, or too small a size.
    """
    count = variants(label)
    if not 0 <= variant < count:
        raise PerceptionError(
            f'variant {variant} of {label} does not exist: take 0 to {count - 1}'
        )
    if size < MIN_SIZE:
        raise PerceptionError(
            f'a signal of {size} pixels is too small to draw: {MIN_SIZE} or more'
        )
    if label in TRAFFIC_LIGHTS:
        return draw_light(TRAFFIC_LIGHTS.index(label), size, HOUSINGS[variant])
    boards: tuple[Callable[..., None], ...] = _boards(label)
    finish = signs.FINISHES[variant // len(boards)]
    pen = blank_canvas(size)
    boards[variant % len(boards)](pen, finish)
    return shrink(pen.pixels, size)


def _boards(label: str) -> tuple[Board, ...]:
    if label not in _BOARDS:
        raise PerceptionError(
            f"no drawing is called '{label}': take one of {', '.join(SIGNAL_LABELS)}"
        )
    return _BOARDS[label]


@cache
def extent(label: str, variant: int = 0) -> tuple[float, float, float, float]:
    """Return what of its square a drawing covers: left, top, right, bottom, from 0 to 1.

    Haze around a lit lamp does not count.
    """
    rows, columns = np.nonzero(draw_signal(label, _EXTENT_SIZE, variant)[..., 3] > 127)
    left, right = float(columns.min()), float(columns.max() + 1)
    top, bottom = float(rows.min()), float(rows.max() + 1)
    side = float(_EXTENT_SIZE)
    return left / side, top / side, right / side, bottom / side
