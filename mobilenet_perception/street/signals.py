# SPDX-License-Identifier: Apache-2.0
"""Street signals: their labels, in the order of the network's outputs, and a drawing of each."""

from collections.abc import Callable
from functools import cache, partial

import numpy as np

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.street import pictograms, signs
from mobilenet_perception.street.lights import HOUSINGS, draw_light
from mobilenet_perception.street.shapes import Pixels, blank_canvas, shrink
from mobilenet_perception.street.signs import OTHER_SIGNS, Board

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


def variant_count(label: str) -> int:
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
        variant: which drawing, 0 to `variant_count(label) - 1`.

    Returns:
        (size, size, 4) uint8 RGBA, straight alpha, edges smooth; 0 where nothing is drawn.

    Raises:
        PerceptionError: no such label or variant, or too small a size.
    """
    count = variant_count(label)
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
