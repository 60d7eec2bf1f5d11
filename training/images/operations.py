# SPDX-License-Identifier: Apache-2.0
"""What a camera does to an image: geometry, light, lens, sensor, hidden parts; RandAugment of it.

Each operation takes (height, width, 3) uint8 RGB, which it does not change, and returns the same
shape.

RandAugment is of Cubuk et al. (CVPR Workshops 2020), with the operations that keep what is shown.
Of the paper's fourteen, solarize is left out: it inverts colours, and a red light is one by its
colour. For the same reason auto-contrast and equalize work on brightness instead of each channel,
and color leaves at least half of the saturation. Translation goes less far: what a robot
classifies is a tight crop, out of which the paper's 0.45 would move what counts. Its operations
take a level from -1 to 1, whose sign is the direction, where there is one.
"""

from collections.abc import Callable

import cv2
import numpy as np

from training.data.data_set import Floats, Pixels

_MIRRORED = 0.15
_LEAST_SHARE = 0.02
_LARGEST_SHARE = 0.4
_LARGEST_ASPECT = 1 / 0.3
# At the highest level; all but the translation as in the paper's reference implementation.
_DEGREES = 30.0
_SHEAR = 0.3
_TRANSLATION = 0.2
_ENHANCEMENT = 0.9
_POSTERIZED_BITS = 4


def affine(pixels: Pixels, linear: Floats, shift: tuple[float, float] = (0.0, 0.0)) -> Pixels:
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


def rotation(degrees: float) -> Floats:
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
