# SPDX-License-Identifier: Apache-2.0
"""Digits and letters as strokes, after the narrow lettering of German road signs (DIN 1451)."""

from mobilenet_perception.street.shapes import Colour, Pen, Point, arc

# Width of a glyph and its distance to the next, as shares of its height.
_WIDTH = 0.46
_GAP = 0.24
_R = _WIDTH / 2

_O = [*arc((_R, _R), _R, 180, 360), *arc((_R, 1 - _R), _R, 0, 180), (0.0, _R)]

# Strokes of each glyph: height 1, y down.
_STROKES: dict[str, list[list[Point]]] = {
    '0': [_O],
    '1': [[(0.02, 0.24), (0.27, 0.0), (0.27, 1.0)]],
    '2': [[*arc((_R, 0.25), _R, 190, 380, 1.08), (0.0, 1.0), (_WIDTH, 1.0)]],
    '3': [[*arc((_R, 0.245), _R, 205, 440, 1.06), *arc((_R, 0.73), _R, 275, 515, 1.17)]],
    '4': [[(0.34, 1.0), (0.34, 0.0), (0.0, 0.74), (_WIDTH, 0.74)]],
    '5': [[(0.43, 0.0), (0.05, 0.0), (0.03, 0.45), *arc((_R, 0.69), _R, 222, 515, 1.35)]],
    '6': [
        [*arc((_R, 0.71), _R, 0, 360, 1.26)],
        [(0.0, 0.71), *arc((_R, 0.27), _R, 185, 335, 1.17)],
    ],
    '7': [[(0.0, 0.0), (_WIDTH, 0.0), (0.16, 1.0)]],
    '8': [arc((_R, 0.24), _R * 0.92, 0, 360, 1.13), arc((_R, 0.735), _R, 0, 360, 1.15)],
    '9': [
        [*arc((_R, 0.29), _R, 0, 360, 1.26)],
        [(_WIDTH, 0.29), *arc((_R, 0.73), _R, 5, 155, 1.17)],
    ],
    'S': [[*arc((_R, 0.25), _R, 325, 85, 1.08), *arc((_R, 0.745), _R, 275, 505, 1.1)]],
    'T': [[(0.0, 0.0), (_WIDTH, 0.0)], [(_R, 0.0), (_R, 1.0)]],
    'O': [_O],
    'P': [[(0.0, 1.0), (0.0, 0.0), (0.2, 0.0), *arc((0.2, 0.27), 0.25, 270, 450, 1.08)]],
}
_STROKES['P'][0].append((0.0, 0.54))


def text_width(text: str, breadth: float = 1.0) -> float:
    """Return the width of a text whose height is 1, strokes' own thickness left out."""
    return len(text) * _WIDTH * breadth + (len(text) - 1) * _GAP


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
            left + index * (_WIDTH * breadth + _GAP) * inner, centre[1] - inner / 2, inner
        )
        for points in _STROKES[glyph]:
            place.stroke([(x * breadth, y) for x, y in points], weight, colour)
