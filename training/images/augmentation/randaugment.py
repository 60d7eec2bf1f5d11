# SPDX-License-Identifier: Apache-2.0
"""RandAugment (Cubuk et al., CVPR Workshops 2020) with the operations that keep what is shown.

Of the paper's fourteen operations, solarize is left out: it inverts colours, and a red light
is one by its colour. For the same reason auto-contrast and equalize work on brightness instead
of each channel, and color leaves at least half of the saturation. Translation goes less far:
what a robot classifies is a tight crop, out of which the paper's 0.45 would move what counts.

Each operation takes (height, width, 3) uint8 RGB, which it does not change, and a level from -1
to 1, and returns the same shape. The sign of the level is the direction, where there is one.
"""

from collections.abc import Callable

import cv2
import numpy as np

from training.data.data_set import Pixels
from training.images.augmentation.operations import affine, rotation, tone

# At the highest level; all but the translation as in the paper's reference implementation.
_DEGREES = 30.0
_SHEAR = 0.3
_TRANSLATION = 0.2
_ENHANCEMENT = 0.9
_POSTERIZED_BITS = 4


def randaugment(
    pixels: Pixels, operations: int, magnitude: float, random: np.random.Generator
) -> Pixels:
    """Apply operations that are drawn evenly, with replacement.

    Args:
        pixels: (height, width, 3) uint8 RGB.
        operations: how many (the paper's N).
        magnitude: 0 to 10 (the paper's M).
        random: the source of chance.

    Returns:
        The same shape, uint8 RGB.
    """
    for _ in range(operations):
        operation = OPERATIONS[int(random.integers(len(OPERATIONS)))]
        sign = 1 if random.random() < 0.5 else -1
        pixels = operation(pixels, sign * magnitude / 10)
    return pixels


def identity(pixels: Pixels, level: float) -> Pixels:
    """Change nothing."""
    return pixels


def auto_contrast(pixels: Pixels, level: float) -> Pixels:
    """Stretch from the darkest to the brightest value, whatever the level."""
    low, high = int(pixels.min()), int(pixels.max())
    if low == high:
        return pixels
    gain = 255 / (high - low)
    return tone(pixels, gain, -gain * low)


def equalize(pixels: Pixels, level: float) -> Pixels:
    """Make all brightnesses about equally frequent, whatever the level."""
    split = cv2.cvtColor(pixels, cv2.COLOR_RGB2YCrCb)
    split[..., 0] = cv2.equalizeHist(split[..., 0])
    return cv2.cvtColor(split, cv2.COLOR_YCrCb2RGB)  # type: ignore[return-value]


def rotate(pixels: Pixels, level: float) -> Pixels:
    """Rotate by up to 30 degrees."""
    return affine(pixels, rotation(_DEGREES * level))


def posterize(pixels: Pixels, level: float) -> Pixels:
    """Drop up to four of the eight bits of each value."""
    dropped = round(_POSTERIZED_BITS * abs(level))
    return pixels & np.uint8(256 - (1 << dropped))


def color(pixels: Pixels, level: float) -> Pixels:
    """Change the saturation, at the least to about half."""
    grey = cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return _away_from(grey, pixels, max(level, -0.5))


def contrast(pixels: Pixels, level: float) -> Pixels:
    """Change the contrast about the mean."""
    change = _ENHANCEMENT * level
    return tone(pixels, 1 + change, -change * float(pixels.mean()))


def brightness(pixels: Pixels, level: float) -> Pixels:
    """Change the brightness by a factor."""
    return tone(pixels, 1 + _ENHANCEMENT * level, 0.0)


def sharpness(pixels: Pixels, level: float) -> Pixels:
    """Sharpen or blur a little."""
    kernel = np.array([[1, 1, 1], [1, 5, 1], [1, 1, 1]], np.float32) / 13
    return _away_from(cv2.filter2D(pixels, -1, kernel), pixels, level)


def shear_x(pixels: Pixels, level: float) -> Pixels:
    """Slant to the side."""
    return affine(pixels, np.array([[1.0, _SHEAR * level], [0.0, 1.0]]))


def shear_y(pixels: Pixels, level: float) -> Pixels:
    """Slant up or down."""
    return affine(pixels, np.array([[1.0, 0.0], [_SHEAR * level, 1.0]]))


def translate_x(pixels: Pixels, level: float) -> Pixels:
    """Move sideways by up to 0.2 of the width."""
    return affine(pixels, np.eye(2), (_TRANSLATION * level * pixels.shape[1], 0.0))


def translate_y(pixels: Pixels, level: float) -> Pixels:
    """Move up or down by up to 0.2 of the height."""
    return affine(pixels, np.eye(2), (0.0, _TRANSLATION * level * pixels.shape[0]))


def _away_from(base: cv2.typing.MatLike, pixels: Pixels, level: float) -> Pixels:
    factor = 1 + _ENHANCEMENT * level
    return cv2.addWeighted(pixels, factor, base, 1 - factor, 0.0)  # type: ignore[return-value]


OPERATIONS: tuple[Callable[[Pixels, float], Pixels], ...] = (
    identity,
    auto_contrast,
    equalize,
    rotate,
    posterize,
    color,
    contrast,
    brightness,
    sharpness,
    shear_x,
    shear_y,
    translate_x,
    translate_y,
)
