# SPDX-License-Identifier: Apache-2.0
"""Affine maps of an image about its centre."""

import cv2
import numpy as np
import numpy.typing as npt

from training.data.sample import Pixels

_MIRRORED = 0.15


def affine(
    pixels: Pixels, linear: npt.NDArray[np.float64], shift: tuple[float, float] = (0.0, 0.0)
) -> Pixels:
    """Map the content of an image, bilinearly.

    What comes in from beyond the edge is mirrored for 0.15 of the shorter side, and one colour
    from there on: a whole mirrored sign might be another sign.

    Args:
        pixels: (height, width, 3) uint8 RGB.
        linear: (2, 2), from where a point (x, y) was, seen from the image's centre, to where it
            goes.
        shift: by which it is then moved: to the right and down, in pixels.

    Returns:
        The same shape, uint8 RGB.
    """
    height, width = pixels.shape[:2]
    margin = round(_MIRRORED * min(height, width))
    framed = cv2.copyMakeBorder(pixels, margin, margin, margin, margin, cv2.BORDER_REFLECT_101)
    centre = np.array([width - 1, height - 1]) / 2
    offset = centre + shift - linear @ (centre + margin)
    warped: Pixels = cv2.warpAffine(  # type: ignore[assignment]
        framed,
        np.column_stack([linear, offset]),
        (width, height),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return warped


def rotation(degrees: float) -> npt.NDArray[np.float64]:
    """Return the (2, 2) rotation, clockwise as seen, for y points down."""
    angle = np.radians(degrees)
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
