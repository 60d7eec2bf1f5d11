# SPDX-License-Identifier: Apache-2.0
"""Surfaces of a street, the large ones, drawn from a camera: sky, ground and house fronts."""

import math

import cv2
import numpy as np
import numpy.typing as npt

from mobilenet_perception.street.camera import NEAR, PinholeCamera
from mobilenet_perception.street.shapes import Pixels
from mobilenet_perception.street.sprites import window_of
from mobilenet_perception.street.textures import (
    FACADE_SCALE,
    GROUND_SCALE,
    SKY_SPAN,
    facade_texture,
    ground_texture,
    light_gains,
    lit,
    sky_texture,
)
from mobilenet_perception.street.world import Building, Ground, Lighting

Matrix = npt.NDArray[np.float64]

_SKY_SIZE = (1600, 480)
# The ground beyond this distance is drawn from a coarser texture, metres.
_NEAR_GROUND = 6.0
_COARSE = 4
FAR_GROUND = 70.0
_FAR_HOUSES = 60.0
# A front no wider than this in the image shows only its mean colour, pixels.
_NARROW = 6
# A front that takes more pixels than this is drawn at half its size and stretched.
_LARGE = 30000
# From OpenCV's coordinates, integers at the middles of pixels, to their edges.
_MIDDLES = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5], [0.0, 0.0, 1.0]])


class Sky:
    """A backdrop that turns with the camera."""

    def __init__(self, lighting: Lighting, seed: int) -> None:
        self._image = sky_texture(lighting, *_SKY_SIZE, seed)

    def draw(self, picture: Pixels, camera: PinholeCamera) -> None:
        """Fill the picture down to where the ground begins."""
        rows, columns = self._image.shape[:2]
        horizon = min(max(horizon_row(camera), 0), camera.height)
        # Columns of the sky per column of the picture: its middle turns with yaw.
        left = columns / 2 - camera.width / 2 - camera.pose.yaw / SKY_SPAN * columns
        across = np.clip(np.arange(camera.width) + round(left), 0, columns - 1)
        strip = self._image[max(rows - horizon_row(camera), 0) :][:horizon]
        if 0 <= left <= columns - camera.width - 1:
            picture[horizon - len(strip) : horizon] = strip[:, across[0] : across[-1] + 1]
        else:
            picture[horizon - len(strip) : horizon] = strip[:, across]
        if len(strip) < horizon:
            picture[: horizon - len(strip)] = self._image[0, 0]
        ground = min(max(row_at(camera, FAR_GROUND), horizon), camera.height)
        picture[horizon:ground] = self._image[-1, 0]


class GroundPlane:
    """The ground, drawn in two bands: fine near the camera, averaged far away."""

    def __init__(self, ground: Ground, lighting: Lighting, seed: int) -> None:
        self._ground = ground
        self._fine = lit(ground_texture(ground, seed), lighting)
        self._coarse: Pixels = cv2.resize(  # type: ignore[assignment]
            self._fine, None, fx=1 / _COARSE, fy=1 / _COARSE, interpolation=cv2.INTER_AREA
        )

    def draw(self, picture: Pixels, camera: PinholeCamera, matrix: Matrix) -> None:
        """Draw all ground below the horizon."""
        rows = [
            min(max(row_at(camera, distance), 0), camera.height)
            for distance in (FAR_GROUND, _NEAR_GROUND)
        ]
        to_ground = np.linalg.inv(matrix[:, [0, 1, 3]])
        if rows[0] < rows[1]:
            far = picture[rows[0] : rows[1]]
            transform = self._to_texture(GROUND_SCALE / _COARSE) @ to_ground @ _moved(0.0, rows[0])
            _warp(self._coarse, transform, far, cv2.BORDER_REPLICATE)
        if rows[1] < camera.height:
            near = picture[rows[1] :]
            transform = self._to_texture(GROUND_SCALE) @ to_ground @ _moved(0.0, rows[1])
            near[:] = _warp_half(self._fine, transform, near)

    def _to_texture(self, scale: float) -> Matrix:
        return np.array(
            [
                [scale, 0, -self._ground.start * scale - 0.5],
                [0, scale, -self._ground.facade_right * scale - 0.5],
                [0, 0, 1],
            ]
        )


class HouseFront:
    """A house: its front, and the end wall that shows above a lower neighbour."""

    def __init__(self, building: Building, lighting: Lighting, end_wall: bool = True) -> None:
        """Prepare the textures; without `end_wall` a neighbour hides the near end."""
        self._end_wall = end_wall
        self.start = building.start
        self._house = building
        fine = lit(facade_texture(building), lighting)
        self._levels = [fine]
        for _ in range(4):
            half: Pixels = cv2.resize(  # type: ignore[assignment]
                self._levels[-1], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA
            )
            self._levels.append(half)
        self._mean = tuple(int(value) for value in fine.mean(axis=(0, 1)))
        wall = np.clip(np.array(building.colour) * light_gains(lighting) * 0.78, 0, 255)
        self._wall = tuple(int(value) for value in wall)

    def draw(self, picture: Pixels, camera: PinholeCamera, matrix: Matrix) -> None:
        """Draw what of the house is in front of the camera."""
        house = self._house
        if not camera.pose.x - house.end < 0.0 < camera.pose.x + _FAR_HOUSES - house.start:
            return
        if self._end_wall and house.start > camera.pose.x:
            self._draw_wall(picture, matrix)
        self._draw_front(picture, camera, matrix)

    def _draw_wall(self, picture: Pixels, matrix: Matrix) -> None:
        house = self._house
        away = house.facade_y + math.copysign(house.depth, house.facade_y)
        wall = [
            (house.start, house.facade_y, 0.0),
            (house.start, house.facade_y, house.height),
            (house.start, away, house.height),
            (house.start, away, 0.0),
        ]
        corners = _seen(matrix, np.array(wall))
        if corners is not None:
            fixed = np.round(np.clip(corners, -20000, 20000) * 16).astype(np.int32)
            cv2.fillConvexPoly(picture, fixed, self._wall, cv2.LINE_AA, 4)

    def _draw_front(self, picture: Pixels, camera: PinholeCamera, matrix: Matrix) -> None:
        house = self._house
        near = max(house.start, camera.pose.x + NEAR)
        if house.end <= near:
            return
        front = [(x, house.facade_y, z) for x in (near, house.end) for z in (0.0, house.height)]
        corners = _seen(matrix, np.array([front[0], front[1], front[3], front[2]]))
        if corners is None or (window := window_of(corners, picture)) is None:
            return
        if window.right - window.left <= _NARROW:
            fixed = np.round(np.clip(corners, -20000, 20000) * 16).astype(np.int32)
            cv2.fillConvexPoly(picture, fixed, self._mean, cv2.LINE_AA, 4)
            return
        middle = np.array([(near + house.end) / 2, house.facade_y, 1.0, 1.0])
        depth = max(float(matrix[2] @ middle), 1.0)
        ratio = FACADE_SCALE / (camera.focal_length / depth)
        level = min(round(math.log2(max(ratio, 1.0))), len(self._levels) - 1)
        scale = FACADE_SCALE / 2**level
        to_image = np.stack(
            [matrix[:, 0], matrix[:, 2], matrix[:, 1] * house.facade_y + matrix[:, 3]], axis=1
        )
        to_texture = np.array(
            [
                [scale, 0, -house.start * scale - 0.5],
                [0, -scale, house.height * scale - 0.5],
                [0, 0, 1],
            ]
        )
        transform = to_texture @ np.linalg.inv(to_image) @ _moved(window.left, window.top)
        part = picture[window.slices]
        if part.shape[0] * part.shape[1] < _LARGE:
            _warp(self._levels[level], transform, part, cv2.BORDER_TRANSPARENT)
            return
        # Near fronts fill much of the image and their texture is stretched anyway.
        outline = np.round((corners - (window.left, window.top)) * 16 - 8).astype(np.int32)
        mask = np.zeros(part.shape[:2], np.uint8)
        cv2.fillConvexPoly(mask, outline, (255,), cv2.LINE_8, 4)
        cv2.copyTo(_warp_half(self._levels[level], transform, part), mask, part)


def horizon_row(camera: PinholeCamera) -> int:
    """Return the row of the image where level ground ends, possibly outside the image."""
    return round(camera.height / 2 - math.tan(camera.pose.pitch) * camera.focal_length)


def row_at(camera: PinholeCamera, distance: float) -> int:
    """Return the row where the ground at a distance straight ahead appears."""
    angle = math.atan2(camera.pose.z, distance) - camera.pose.pitch
    return round(camera.height / 2 + math.tan(angle) * camera.focal_length)


def _seen(matrix: Matrix, corners: npt.NDArray[np.float64]) -> npt.NDArray[np.float64] | None:
    """Return the image points of a polygon cut off in front of the camera; None: nothing left."""
    points = corners @ matrix[:, :3].T + matrix[:, 3]
    if points[:, 2].min() >= NEAR:
        whole: npt.NDArray[np.float64] = points[:, :2] / points[:, 2:]
        return whole
    kept: list[npt.NDArray[np.float64]] = []
    for index, point in enumerate(points):
        before = points[index - 1]
        if (before[2] < NEAR) != (point[2] < NEAR):
            share = (NEAR - before[2]) / (point[2] - before[2])
            kept.append(before + share * (point - before))
        if point[2] >= NEAR:
            kept.append(point)
    if len(kept) < 3:
        return None
    cut = np.array(kept)
    image_points: npt.NDArray[np.float64] = cut[:, :2] / cut[:, 2:]
    return image_points


def _warp(texture: Pixels, transform: Matrix, part: Pixels, border: int) -> None:
    """Fill a part of a picture, in place; `transform` leads from it to the texture."""
    cv2.warpPerspective(
        texture,
        transform,
        (part.shape[1], part.shape[0]),
        dst=part,
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=border,
    )


def _warp_half(texture: Pixels, transform: Matrix, part: Pixels) -> Pixels:
    """Return what `_warp` would fill a part with, sampled at half its size, which is quicker.

    For surfaces so near that a pixel of the texture covers several of the image.
    """
    rows, columns = part.shape[:2]
    half = np.empty(((rows + 1) // 2, (columns + 1) // 2, 3), np.uint8)
    zoom = np.diag([columns / half.shape[1], rows / half.shape[0], 1.0])
    # From middles of the half image's pixels to edges, to the part's edges, to its middles.
    to_part = np.linalg.inv(_MIDDLES) @ zoom @ _MIDDLES
    _warp(texture, transform @ to_part, half, cv2.BORDER_REPLICATE)
    full: Pixels = cv2.resize(half, (columns, rows))  # type: ignore[assignment]
    return full


def _moved(left: float, top: float) -> Matrix:
    """Return the transform from pixels of a window, their middles, to those of the picture."""
    return np.array([[1.0, 0.0, left + 0.5], [0.0, 1.0, top + 0.5], [0.0, 0.0, 1.0]])
