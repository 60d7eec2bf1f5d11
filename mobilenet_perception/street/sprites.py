# SPDX-License-Identifier: Apache-2.0
"""Sprites: images with transparency, at several sizes, warped onto a picture quickly."""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from mobilenet_perception.street.shapes import Pixels
from mobilenet_perception.street.textures import Plane


class Window(NamedTuple):
    """Whole pixels of the picture that a shape may touch."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns of the picture."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height), as OpenCV takes it."""
        return self.right - self.left, self.bottom - self.top


class Level(NamedTuple):
    """A sprite at one size.

    Attributes:
        colour: (height, width, 3) uint8 RGB, multiplied by alpha.
        shows: (height, width) uint8, how much of what is behind shows through.
    """

    colour: Pixels
    shows: Pixels


class Sprite:
    """A flat image and its smaller copies, so that far ones neither shimmer nor cost much."""

    def __init__(self, image: Pixels, gains: Plane) -> None:
        """Prepare an image, (height, width, 4) uint8 RGBA, whose RGB is scaled by `gains`."""
        alpha = image[..., 3:].astype(np.float32)
        colour = np.clip(image[..., :3] * gains, 0, 255) * (alpha / 255.0)
        level = Level(_bytes(colour), np.ascontiguousarray(255 - image[..., 3]))
        self._levels = [level]
        while min(level.colour.shape[:2]) >= 8:
            level = Level(_half(level.colour), _half(level.shows))
            self._levels.append(level)

    def draw(self, picture: Pixels, corners: npt.NDArray[np.float64]) -> None:
        """Draw onto a picture.

        Args:
            picture: (height, width, 3) uint8 RGB, changed in place.
            corners: (4, 2) where the upper left, upper right, lower right and lower left corner
                go, in pixels of the picture.
        """
        window = window_of(corners, picture)
        if window is None:
            return
        level = self._level_for(corners)
        height, width = level.shows.shape
        source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        target = (corners - (window.left, window.top)).astype(np.float32)
        # Corners are edges of pixels, OpenCV's coordinates their middles: shift by half.
        transform = cv2.getPerspectiveTransform(source - 0.5, target - 0.5)
        colour = cv2.warpPerspective(level.colour, transform, window.size)
        shows = cv2.warpPerspective(
            level.shows, transform, window.size, borderMode=cv2.BORDER_CONSTANT, borderValue=(255,)
        )
        _blend(picture[window.slices], colour, shows)

    def draw_upright(self, picture: Pixels, box: npt.NDArray[np.float64]) -> None:
        """Draw onto a picture without perspective, which is quicker.

        Args:
            picture: (height, width, 3) uint8 RGB, changed in place.
            box: (2, 2), where the upper left and the lower right corner go.
        """
        window = window_of(box, picture)
        if window is None:
            return
        level = self._level_for(np.array([box[0], box[0], box[1], (box[0][0], box[1][1])]))
        rows, columns = level.shows.shape
        left, right, width = _span(box[:, 0], columns, window.left, window.right)
        top, bottom, height = _span(box[:, 1], rows, window.top, window.bottom)
        if right <= left or bottom <= top or not (width and height):
            return
        # Whole pixels of the sprite cover the window and a little more, which is cut off.
        unit = (box[1] - box[0]) / (columns, rows)
        corner = np.round(box[0] + unit * (left, top)).astype(int)
        part = Window(
            max(int(corner[0]), 0),
            max(int(corner[1]), 0),
            min(int(corner[0]) + width, picture.shape[1]),
            min(int(corner[1]) + height, picture.shape[0]),
        )
        if part.left >= part.right or part.top >= part.bottom:
            return
        cut = (
            slice(part.top - int(corner[1]), part.bottom - int(corner[1])),
            slice(part.left - int(corner[0]), part.right - int(corner[0])),
        )
        colour = cv2.resize(level.colour[top:bottom, left:right], (width, height))
        shows = cv2.resize(level.shows[top:bottom, left:right], (width, height))
        _blend(picture[part.slices], colour[cut], shows[cut])

    def _level_for(self, corners: npt.NDArray[np.float64]) -> Level:
        side = float(np.linalg.norm(corners[3] - corners[0]))
        full = self._levels[0].shows.shape[0]
        index = round(float(np.log2(max(full / max(side, 1.0), 1.0))))
        return self._levels[min(index, len(self._levels) - 1)]


def window_of(points: npt.NDArray[np.float64], picture: Pixels) -> Window | None:
    """Return the pixels that a shape touches, clipped to the picture; None: none."""
    height, width = picture.shape[:2]
    low, high = np.floor(points.min(axis=0)), np.ceil(points.max(axis=0))
    window = Window(
        int(max(low[0], 0)),
        int(max(low[1], 0)),
        int(min(high[0], width)),
        int(min(high[1], height)),
    )
    return window if window.left < window.right and window.top < window.bottom else None


def _span(ends: npt.NDArray[np.float64], count: int, low: int, high: int) -> tuple[int, int, int]:
    """Return the sprite's pixels that fall on a window, and how many of the picture they fill.

    Args:
        ends: where the sprite begins and ends in the picture.
        count: pixels of the sprite between them.
        low: where the window begins in the picture.
        high: where it ends.
    """
    unit = float(ends[1] - ends[0]) / count
    first = max(0, int((low - ends[0]) / unit))
    last = min(count, int((high - ends[0]) / unit) + 1)
    return first, last, round((last - first) * unit)


def _blend(part: Pixels, colour: cv2.typing.MatLike, shows: cv2.typing.MatLike) -> None:
    """Lay a colour over a part of a picture, in place."""
    behind = cv2.multiply(part, cv2.cvtColor(shows, cv2.COLOR_GRAY2RGB), scale=1 / 255)
    cv2.add(behind, colour, dst=part)


def _half(image: Pixels) -> Pixels:
    half: Pixels = cv2.resize(  # type: ignore[assignment]
        image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA
    )
    return half


def _bytes(values: Plane) -> Pixels:
    return np.round(values).astype(np.uint8)
