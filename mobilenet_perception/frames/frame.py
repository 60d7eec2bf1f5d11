# SPDX-License-Identifier: Apache-2.0
"""A decoded frame: pixels as they came, and the order of their channels."""

from typing import Literal, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

PixelOrder = Literal['rgb', 'bgr', 'rgba', 'bgra', 'mono']

# OpenCV conversions to RGB. None: already RGB.
_TO_RGB: dict[PixelOrder, int | None] = {
    'rgb': None,
    'bgr': cv2.COLOR_BGR2RGB,
    'rgba': cv2.COLOR_RGBA2RGB,
    'bgra': cv2.COLOR_BGRA2RGB,
    'mono': cv2.COLOR_GRAY2RGB,
}


class RegionOfInterest(NamedTuple):
    """A rectangle in pixels of the camera frame, `x` and `y` being its upper left corner."""

    x: int
    y: int
    width: int
    height: int


class Frame(NamedTuple):
    """Pixels of one frame, possibly a view into the message that brought them.

    Channels are put in order late, after cropping and resizing, because it is cheaper on the
    small image; reordering channels commutes exactly with both.

    Attributes:
        pixels: (height, width, channels) or, for `mono`, (height, width); uint8, 0 to 255.
        order: what the channels are.
        scale: pixels of this array per pixel of the camera, below 1 when a JPEG was decoded
            at reduced scale; regions of interest are given in pixels of the camera.
    """

    pixels: npt.NDArray[np.uint8]
    order: PixelOrder
    scale: float = 1.0

    @property
    def height(self) -> int:
        """Rows of `pixels`."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Columns of `pixels`."""
        return int(self.pixels.shape[1])

    def rgb(self) -> npt.NDArray[np.uint8]:
        """Return the whole frame as (height, width, 3) uint8 RGB."""
        return to_rgb(self.pixels, self.order)


def to_rgb(pixels: npt.NDArray[np.uint8], order: PixelOrder) -> npt.NDArray[np.uint8]:
    """Put channels in RGB order; returns `pixels` themselves when they are so already."""
    code = _TO_RGB[order]
    if code is None:
        return pixels
    converted: npt.NDArray[np.uint8] = cv2.cvtColor(pixels, code)  # type: ignore[assignment]
    return converted
