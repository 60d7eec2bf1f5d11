# SPDX-License-Identifier: Apache-2.0
"""Light, lens and sensor: brightness, contrast, colour, blur, noise, JPEG."""

import cv2
import numpy as np

from training.data.sample import Pixels


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
