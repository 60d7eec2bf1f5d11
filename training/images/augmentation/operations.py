# SPDX-License-Identifier: Apache-2.0
"""What a camera does to an image: geometry, light, lens, sensor, and what hides a part of it.

Each takes (height, width, 3) uint8 RGB, which it does not change, and returns the same shape.
"""

import cv2
import numpy as np
import numpy.typing as npt

from training.data.data_set import Pixels

_MIRRORED = 0.15
_LEAST_SHARE = 0.02
_LARGEST_SHARE = 0.4
_LARGEST_ASPECT = 1 / 0.3


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


def degrade(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """Return an image as another exposure, lens and sensor might have seen it.

    Args:
        pixels: (height, width, 3) uint8 RGB.
        random: the source of chance.

    Returns:
        The same shape, uint8 RGB.
    """
    pixels = _light(pixels, random)
    if random.random() < 0.4:
        pixels = blur(pixels, random)
    if random.random() < 0.4:
        pixels = noise(pixels, random)
    if random.random() < 0.25:
        pixels = jpeg(pixels, int(random.integers(30, 95)))
    return pixels


def tone(pixels: Pixels, gain: float, offset: float) -> Pixels:
    """Return `gain * pixels + offset`, rounded to nearest and clipped, through one table.

    Args:
        pixels: (height, width, 3) uint8 RGB; all channels change alike, so that colours stay.
        gain: a factor.
        offset: in levels, of 0 to 255.
    """
    table = np.clip(np.rint(gain * np.arange(256.0) + offset), 0, 255).astype(np.uint8)
    return cv2.LUT(pixels, table)  # type: ignore[return-value]


def blur(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """Blur (height, width, 3) uint8 RGB as a lens out of focus or motion does."""
    side = min(pixels.shape[:2])
    if random.random() < 0.6:
        sigma = random.uniform(0.3, 0.022 * side + 0.4)
        return cv2.GaussianBlur(pixels, (0, 0), sigma)  # type: ignore[return-value]
    length = int(random.integers(2, max(4, side // 12)))
    kernel = np.zeros((length, length), np.float32)
    if random.random() < 0.5:
        kernel[length // 2] = 1.0 / length
    else:
        kernel[:, length // 2] = 1.0 / length
    return cv2.filter2D(pixels, -1, kernel)  # type: ignore[return-value]


def noise(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """Add white noise of 1 to 10 levels to (height, width, 3) uint8 RGB."""
    sigma = random.uniform(1.0, 10.0)
    added = random.standard_normal(pixels.shape, np.float32) * sigma
    return np.clip(pixels + added, 0, 255).astype(np.uint8)


def jpeg(pixels: Pixels, quality: int) -> Pixels:
    """Send (height, width, 3) uint8 RGB through JPEG of a quality of 1 to 100."""
    # Red and blue swap places on the way in and back again: harmless for this use.
    _, data = cv2.imencode('.jpg', pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(data, cv2.IMREAD_COLOR)  # type: ignore[return-value]


def erase(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """Return a copy in which a rectangle holds noise (the paper's section 3, RE-R).

    It takes 2 to 40 % of the image, with sides of 0.3 to 3.3 as height to width. Where the paper
    draws again until it fits into the image, only aspect ratios that fit are drawn.

    Args:
        pixels: (height, width, 3) uint8 RGB.
        random: the source of chance.

    Returns:
        The same shape, uint8 RGB.
    """
    height, width = pixels.shape[:2]
    area = height * width * random.uniform(_LEAST_SHARE, _LARGEST_SHARE)
    lowest = max(1 / _LARGEST_ASPECT, area / width**2)
    highest = max(lowest, min(_LARGEST_ASPECT, height**2 / area))
    aspect = np.exp(random.uniform(np.log(lowest), np.log(highest)))
    rows = min(height, max(1, round(float(np.sqrt(area * aspect)))))
    columns = min(width, max(1, round(float(np.sqrt(area / aspect)))))
    top = int(random.integers(height - rows + 1))
    left = int(random.integers(width - columns + 1))
    erased = pixels.copy()
    erased[top : top + rows, left : left + columns] = random.integers(
        0, 256, (rows, columns, 3), np.uint8
    )
    return erased


def _light(pixels: Pixels, random: np.random.Generator) -> Pixels:
    gain = 2.0 ** random.uniform(-0.7, 0.5)
    contrast = random.uniform(0.7, 1.3)
    gamma = 2.0 ** random.uniform(-0.4, 0.4)
    # White balance stays near truth, for colour is what tells lights apart.
    balance = random.uniform(0.92, 1.08, 3)
    offset = random.uniform(-15.0, 25.0)
    levels = np.arange(256.0)[:, None] / 255.0
    curve = 255.0 * (gain * balance * levels**gamma)
    middle = gain * float(pixels.mean())
    curve = (curve - middle) * contrast + middle + offset
    table = np.clip(curve, 0, 255).astype(np.uint8)[None]
    return cv2.LUT(pixels, table)  # type: ignore[return-value]
