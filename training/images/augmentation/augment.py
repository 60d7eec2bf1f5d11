# SPDX-License-Identifier: Apache-2.0
"""One training image, varied as a configuration says."""

import numpy as np

from training.configuration.settings import Augmentation
from training.data.sample import Pixels
from training.images.augmentation.erasing import erase
from training.images.augmentation.photometry import blur, jpeg, noise, tone
from training.images.augmentation.randaugment import randaugment
from training.images.augmentation.warp import affine, rotation


def augment(pixels: Pixels, augmentation: Augmentation, random: np.random.Generator) -> Pixels:
    """Return a varied image: geometry, RandAugment, light, lens, sensor, then erasing.

    MixUp and CutMix take a batch: see `training.images.augmentation.mix`.

    Args:
        pixels: (height, width, 3) uint8 RGB; it is not changed.
        augmentation: how far to vary.
        random: the source of chance: the same state gives the same image.

    Returns:
        The same shape, uint8 RGB; `pixels` itself where all is off.
    """
    pixels = _move(pixels, augmentation, random)
    pixels = randaugment(
        pixels, augmentation.randaugment, augmentation.randaugment_magnitude, random
    )
    pixels = _light(pixels, augmentation, random)
    if augmentation.blur and random.random() < augmentation.blur:
        pixels = blur(pixels, random)
    if augmentation.noise and random.random() < augmentation.noise:
        pixels = jpeg(noise(pixels, random), int(random.integers(30, 95)))
    if augmentation.erasing and random.random() < augmentation.erasing:
        pixels = erase(pixels, random)
    return pixels


def _move(pixels: Pixels, augmentation: Augmentation, random: np.random.Generator) -> Pixels:
    a = augmentation
    if not (a.rotation or a.flip or a.zoom or a.translation):
        return pixels
    # One warp for all of it: each would blur a little.
    linear = rotation(a.rotation * random.uniform(-1.0, 1.0))
    linear = linear * (1 + a.zoom) ** random.uniform(-1.0, 1.0)
    if a.flip and random.random() < 0.5:
        linear = linear @ np.diag([-1.0, 1.0])
    height, width = pixels.shape[:2]
    # Whole pixels: a shift alone must not blur.
    right, down = np.rint(a.translation * random.uniform(-1.0, 1.0, 2) * (width, height))
    return affine(pixels, linear, (right, down))


def _light(pixels: Pixels, augmentation: Augmentation, random: np.random.Generator) -> Pixels:
    if not (augmentation.brightness or augmentation.contrast):
        return pixels
    mean = float(pixels.mean())
    offset = 255 * augmentation.brightness * random.uniform(-1.0, 1.0)
    # Half of the way to black or white at most, or a dark image would lose what it shows.
    offset = min(max(offset, -mean / 2), (255 - mean) / 2)
    change = augmentation.contrast * random.uniform(-1.0, 1.0)
    return tone(pixels, 1 + change, offset - change * mean)
