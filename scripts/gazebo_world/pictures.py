# SPDX-License-Identifier: Apache-2.0
"""Textures and the mesh of a world's models: the same drawings that the drawn drive shows."""

import cv2
import numpy as np

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.street import draw_signal
from mobilenet_perception.street.shapes import Pixels
from mobilenet_perception.street.textures import (
    FACADE_SCALE,
    GROUND_SCALE,
    facade_texture,
    ground_texture,
    tree_texture,
)
from mobilenet_perception.street.world import Building, Ground

# Pixels a metre of large surfaces in Gazebo: half of what the drawn drive has, and small files.
_SCALE = 20.0
_SIGNAL_PIXELS = 256
_QUALITY = 75

# A square of 1 m that faces along x, its left edge, seen from the front, at y = -0.5.
BOARD_MESH = """\
# SPDX-License-Identifier: Apache-2.0
mtllib board.mtl
o board
v 0 -0.5 -0.5
v 0 0.5 -0.5
v 0 0.5 0.5
v 0 -0.5 0.5
vt 0 0
vt 1 0
vt 1 1
vt 0 1
vn 1 0 0
usemtl board
f 1/1/1 2/2/1 3/3/1
f 1/1/1 3/3/1 4/4/1
"""
# What it is made of where a model says nothing else.
BOARD_MATERIAL = """\
# SPDX-License-Identifier: Apache-2.0
newmtl board
Ka 1 1 1
Kd 1 1 1
Ks 0 0 0
illum 1
"""


def signal_picture(label: str, variant: int) -> Pixels:
    """Return what a board shows, (256, 256, 4) uint8 RGBA."""
    return draw_signal(label, _SIGNAL_PIXELS, variant)


def tree_picture(shape: int) -> Pixels:
    """Return a tree, (192, 128, 4) uint8 RGBA."""
    half: Pixels = cv2.resize(  # type: ignore[assignment]
        tree_texture(shape), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA
    )
    return half


def facade_picture(building: Building) -> Pixels:
    """Return the front of a house, (height, width, 3) uint8 RGB, as one sees it from outside."""
    seen = _coarser(facade_texture(building), _SCALE / FACADE_SCALE)
    # x runs to the right on the left side of the street, and to the left on the other.
    return seen if building.facade_y > 0 else np.ascontiguousarray(seen[:, ::-1])


def ground_pictures(ground: Ground, seed: int) -> dict[str, Pixels]:
    """Return strips of the ground, (rows along x, columns along y from the right, 3) uint8 RGB."""
    whole = ground_texture(ground, seed).transpose(1, 0, 2)

    def strip(right: float, left: float) -> Pixels:
        first, last = (round((y - ground.facade_right) * GROUND_SCALE) for y in (right, left))
        return _coarser(np.ascontiguousarray(whole[:, first:last]), _SCALE / GROUND_SCALE)

    return {name: strip(*edges) for name, edges in ground_strips(ground).items()}


def ground_strips(ground: Ground) -> dict[str, tuple[float, float]]:
    """Return the y of the right and the left edge of each strip of the ground."""
    return {
        'pavement_right': (ground.facade_right, ground.kerb_right),
        'road': (ground.kerb_right, ground.kerb_left),
        'pavement_left': (ground.kerb_left, ground.facade_left),
    }


def encoded(name: str, pixels: Pixels) -> bytes:
    """Return a picture as a file of the kind that its name says: .png or .jpg."""
    order = cv2.COLOR_RGBA2BGRA if pixels.shape[2] == 4 else cv2.COLOR_RGB2BGR
    written, data = cv2.imencode(
        name[name.rindex('.') :],
        cv2.cvtColor(pixels, order),
        [cv2.IMWRITE_JPEG_QUALITY, _QUALITY, cv2.IMWRITE_PNG_COMPRESSION, 9],
    )
    if not written:
        raise PerceptionError(f'{name} cannot be written as a picture')
    return data.tobytes()


def _coarser(pixels: Pixels, share: float) -> Pixels:
    small: Pixels = cv2.resize(  # type: ignore[assignment]
        pixels, None, fx=share, fy=share, interpolation=cv2.INTER_AREA
    )
    return small
