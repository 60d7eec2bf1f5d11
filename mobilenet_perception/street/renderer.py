# SPDX-License-Identifier: Apache-2.0
"""The renderer: a world as a camera sees it."""

import math
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from mobilenet_perception.street.camera import NEAR, PinholeCamera, Sensor, board_corners, facing
from mobilenet_perception.street.shapes import Colour, Pixels
from mobilenet_perception.street.signals import TRAFFIC_LIGHTS, draw_signal
from mobilenet_perception.street.sprites import Sprite
from mobilenet_perception.street.surfaces import GroundPlane, HouseFront, Sky
from mobilenet_perception.street.textures import light_gains, tree_texture
from mobilenet_perception.street.world import (
    Building,
    Obstacle,
    Position,
    Post,
    Signal,
    Tree,
    World,
)

Matrix = npt.NDArray[np.float64]

_SIGNAL_PIXELS = 192
# Boards lower than this in the image are drawn without perspective, pixels.
_SMALL = 22.0
# Trees, posts, obstacles and signals farther away than this are left out, metres.
_FAR = 45.0
# Strips of shade make a post round: from and to, as shares of its width, and brightness.
_ROUND = ((0.0, 1.0, 0.7), (0.15, 0.7, 1.0), (0.3, 0.45, 1.25))
_THIN = ((0.0, 1.0, 0.9),)
# Corners of each side as `Obstacle.corners` numbers them, its direction outwards, and how much
# of the light it gets.
_SIDES = (
    ((0, 3, 7, 4), (-1, 0, 0), 0.85),
    ((1, 5, 6, 2), (1, 0, 0), 0.7),
    ((0, 4, 5, 1), (0, -1, 0), 0.75),
    ((3, 2, 6, 7), (0, 1, 0), 0.75),
    ((4, 7, 6, 5), (0, 0, 1), 1.1),
)
# Fractional bits of OpenCV's fixed-point coordinates.
_SHIFT = 4


class _Thing(NamedTuple):
    depth: float
    what: Signal | Post | Tree | Obstacle


class Renderer:
    """Keeps what drawing a world needs: textures are made once, on construction."""

    def __init__(self, world: World, seed: int = 0) -> None:
        """Prepare the textures of a world.

        Args:
            world: what to draw.
            seed: of textures and of the sensor's noise; the same seed draws the same.
        """
        self._world = world
        self._gains = light_gains(world.lighting)
        self._sky = Sky(world.lighting, seed)
        self._ground = GroundPlane(world.ground, world.lighting, seed)
        # The farthest first, so that nearer houses of a row hide those behind them.
        rows = sorted(world.buildings, key=lambda house: -house.start)
        self._houses = [
            HouseFront(house, world.lighting, not _sheltered(house, world.buildings))
            for house in rows
        ]
        self._sensor = Sensor(seed)
        self._trees = {
            shape: Sprite(tree_texture(shape), self._gains)
            for shape in {tree.shape for tree in world.trees}
        }
        self._boards: dict[tuple[str, int], Sprite] = {}

    def render(
        self,
        camera: PinholeCamera,
        seconds: float,
        blur: int = 0,
        signals: tuple[Signal, ...] | None = None,
    ) -> Pixels:
        """Draw one frame.

        Args:
            camera: whose image is wanted.
            seconds: time of the world: which lamps are lit, and the sensor's noise.
            blur: rows over which motion smears the image during exposure.
            signals: what stands there in place of the world's signals.

        Returns:
            (camera.height, camera.width, 3) uint8 RGB; the same arguments give the same pixels.
        """
        picture = np.empty((camera.height, camera.width, 3), np.uint8)
        matrix = camera.matrix()
        self._sky.draw(picture, camera)
        self._ground.draw(picture, camera, matrix)
        for house in self._houses:
            house.draw(picture, camera, matrix)
        for thing in self._things(matrix, self._world.signals if signals is None else signals):
            self._draw_thing(picture, matrix, camera, thing, seconds)
        return self._sensor.expose(picture, seconds, blur)

    def _things(self, matrix: Matrix, signals: tuple[Signal, ...]) -> list[_Thing]:
        """Return what stands in front of the camera, the farthest first."""
        found: list[_Thing] = []
        world = self._world
        standing: list[Signal | Post | Tree | Obstacle] = [*world.trees, *world.posts]
        for what in (*standing, *world.obstacles, *signals):
            x, y, _ = what.position
            depth = float(matrix[2, 0] * x + matrix[2, 1] * y + matrix[2, 3])
            if NEAR < depth < _FAR:
                found.append(_Thing(depth, what))
        return sorted(found, key=lambda thing: -thing.depth)

    def _draw_thing(
        self, picture: Pixels, matrix: Matrix, camera: PinholeCamera, thing: _Thing, seconds: float
    ) -> None:
        what = thing.what
        if isinstance(what, Signal):
            self._draw_signal(picture, matrix, what, facing(what, camera.pose), seconds)
        elif isinstance(what, Post):
            _draw_post(picture, matrix, what, self._gains)
        elif isinstance(what, Obstacle):
            _draw_box(picture, camera, what, self._gains)
        else:
            place = _upright(matrix, what.position, what.height * 2 / 3, what.height)
            if place is not None:
                left, right = place.top_u - place.half, place.foot_u + place.half
                box = np.array([[left, place.top_v], [right, place.foot_v]])
                self._trees[what.shape].draw_upright(picture, box)

    def _draw_signal(
        self, picture: Pixels, matrix: Matrix, signal: Signal, cosine: float, seconds: float
    ) -> None:
        corners = _project(matrix, np.array(board_corners(signal)))
        if corners is None:
            return
        if cosine <= 0.0:
            _draw_back(picture, corners, self._gains)
            return
        board = self._board(signal.label_at(seconds), signal.variant)
        if corners[2, 1] - corners[1, 1] < _SMALL:
            board.draw_upright(picture, np.array([corners.min(axis=0), corners.max(axis=0)]))
        else:
            board.draw(picture, corners)

    def _board(self, label: str, variant: int) -> Sprite:
        key = (label, variant)
        if key not in self._boards:
            # Lamps shine by themselves: daylight changes them less than it does paint.
            gains = (self._gains + 2.0) / 3.0 if label in TRAFFIC_LIGHTS else self._gains
            self._boards[key] = Sprite(draw_signal(label, _SIGNAL_PIXELS, variant), gains)
        return self._boards[key]


def _sheltered(house: Building, row: tuple[Building, ...]) -> bool:
    """Tell whether a neighbour at least as high stands against a house's near end."""
    return any(
        other.facade_y == house.facade_y
        and abs(other.end - house.start) < 0.05
        and other.height >= house.height
        for other in row
    )


def _project(matrix: Matrix, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64] | None:
    """Return (n, 2) image points of (n, 3) points; None where one is behind the camera."""
    homogeneous = points @ matrix[:, :3].T + matrix[:, 3]
    if homogeneous[:, 2].min() < NEAR:
        return None
    image_points: npt.NDArray[np.float64] = homogeneous[:, :2] / homogeneous[:, 2:]
    return image_points


class _Upright(NamedTuple):
    """Something upright in the image: u and v of its top and its foot, half its width there."""

    top_u: float
    top_v: float
    foot_u: float
    foot_v: float
    half: float


def _upright(matrix: Matrix, foot: Position, width: float, height: float) -> _Upright | None:
    """Return where something that always faces the camera stands; None: behind the camera."""
    ends = []
    for z in (foot.z + height, foot.z):
        u, v, depth = (
            row[0] * foot.x + row[1] * foot.y + row[2] * z + row[3] for row in matrix.tolist()
        )
        if depth < NEAR:
            return None
        ends += [u / depth, v / depth]
    top_u, top_v, foot_u, foot_v = ends
    half = math.hypot(foot_u - top_u, foot_v - top_v) * width / height / 2
    return _Upright(top_u, top_v, foot_u, foot_v, half)


def _draw_post(
    picture: Pixels, matrix: Matrix, post: Post, gains: npt.NDArray[np.float32]
) -> None:
    place = _upright(matrix, post.position, 2 * post.radius, post.height)
    if place is None or max(abs(value) for value in place) > 1e5:
        return
    reach = max(place.half, 1.0)
    if max(place.top_u, place.foot_u) < -reach:
        return
    if min(place.top_u, place.foot_u) > picture.shape[1] + reach:
        return
    for start, end, shade in _ROUND if place.half > 1.5 else _THIN:
        strip = [
            (u + (2 * share - 1) * place.half, v)
            for u, v, share in (
                (place.top_u, place.top_v, start),
                (place.top_u, place.top_v, end),
                (place.foot_u, place.foot_v, end),
                (place.foot_u, place.foot_v, start),
            )
        ]
        _fill(picture, np.array(strip), _lit(post.colour, gains * shade))


def _draw_box(
    picture: Pixels, camera: PinholeCamera, box: Obstacle, gains: npt.NDArray[np.float32]
) -> None:
    """Draw the sides of a box that face the camera, in place.

    Args:
        picture: (height, width, 3) uint8 RGB.
        camera: whose image it is. A box that reaches behind it is left out.
        box: what to draw.
        gains: how daylight scales red, green and blue, (3,).
    """
    corners = box.corners()
    points = [camera.project(corner) for corner in corners]
    pose = camera.pose
    for numbers, outwards, shade in _SIDES:
        corner = corners[numbers[0]]
        away = (pose.x - corner.x, pose.y - corner.y, pose.z - corner.z)
        if sum(a * b for a, b in zip(away, outwards, strict=True)) <= 0.0:
            continue
        side = [point for number in numbers if (point := points[number]) is not None]
        if len(side) == len(numbers):
            outline = np.array([(point.u, point.v) for point in side]) - 0.5
            fixed = np.round(np.clip(outline, -20000, 20000) * (1 << _SHIFT)).astype(np.int32)
            colour = np.clip(np.array(box.colour) * gains * shade, 0, 255).tolist()
            cv2.fillConvexPoly(picture, fixed, colour, cv2.LINE_AA, _SHIFT)


def _draw_back(
    picture: Pixels, corners: npt.NDArray[np.float64], gains: npt.NDArray[np.float32]
) -> None:
    middle = corners.mean(axis=0)
    _fill(picture, middle + (corners - middle) * 0.85, _lit((132, 134, 136), gains))


def _fill(picture: Pixels, corners: npt.NDArray[np.float64], colour: Colour) -> None:
    fixed = np.round((corners - 0.5) * (1 << _SHIFT)).astype(np.int32)
    cv2.fillConvexPoly(picture, fixed, colour, cv2.LINE_AA, _SHIFT)


def _lit(colour: Colour, gains: npt.NDArray[np.float32]) -> Colour:
    red, green, blue = (int(min(255.0, c * g)) for c, g in zip(colour, gains, strict=True))
    return (red, green, blue)
