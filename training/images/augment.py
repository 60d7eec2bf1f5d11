# SPDX-License-Identifier: Apache-2.0
"""Augmentation: training images varied as a configuration says, one by one and in a batch.

MixUp: Zhang et al., ICLR 2018. CutMix: Yun et al., ICCV 2019.
"""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from mobilenet_perception.frames import Frame, crop_and_resize
from training.configuration.settings import Augmentation
from training.data.data_set import Pixels, Targets
from training.errors import TrainingError
from training.images import operations

_GAP = 2


class MixedBatch(NamedTuple):
    """Images (batch, height, width, 3) uint8 RGB, and targets (batch, classes) float32."""

    images: Pixels
    targets: Targets


def augment(pixels: Pixels, augmentation: Augmentation, random: np.random.Generator) -> Pixels:
    """Return a varied image: geometry, RandAugment, light, lens, sensor, then erasing.

    MixUp and CutMix take a batch: see `training.images.augment`.

    Args:
        pixels: (height, width, 3) uint8 RGB; it is not changed.
        augmentation: how far to vary.
        random: the source of chance: the same state gives the same image.

    Returns:
        The same shape, uint8 RGB; `pixels` itself where all is off.
    """
    pixels = _move(pixels, augmentation, random)
    pixels = operations.randaugment(
        pixels, augmentation.randaugment, augmentation.randaugment_magnitude, random
    )
    pixels = _light(pixels, augmentation, random)
    if augmentation.blur and random.random() < augmentation.blur:
        pixels = operations.blur(pixels, random)
    if augmentation.noise and random.random() < augmentation.noise:
        pixels = operations.jpeg(operations.noise(pixels, random), int(random.integers(30, 95)))
    if augmentation.erasing and random.random() < augmentation.erasing:
        pixels = operations.erase(pixels, random)
    return pixels


def mix_batch(
    images: Pixels, targets: Targets, augmentation: Augmentation, random: np.random.Generator
) -> MixedBatch:
    """Mix each image and its target with those of another image of the batch.

    Each image has a share of its own, drawn from the beta distribution (the papers' lambda). If
    both ways are on, each batch takes one of them, evenly drawn.

    Args:
        images: (batch, height, width, 3) uint8 RGB; they are not changed.
        targets: (batch, classes) float32: one-hot, or probabilities.
        augmentation: its `mixup` and `cutmix`.
        random: the source of chance: the same state gives the same batch.

    Returns:
        The same shapes; the same arrays where both are off.
    """
    ways = [
        (way, alpha)
        for way, alpha in ((_mixup, augmentation.mixup), (_cutmix, augmentation.cutmix))
        if alpha
    ]
    if not ways:
        return MixedBatch(images, targets)
    way, alpha = ways[int(random.integers(len(ways)))]
    partners = random.permutation(len(images))
    shares = random.beta(alpha, alpha, len(images))
    mixed = np.empty_like(images)
    for i, (partner, share) in enumerate(zip(partners, shares, strict=True)):
        mixed[i], shares[i] = way(images[i], images[partner], float(share), random)
    kept = shares.astype(np.float32)[:, None]
    return MixedBatch(mixed, kept * targets + (1 - kept) * targets[partners])


def augmentation_sheet(
    samples_pixels: Sequence[Pixels],
    augmentation: Augmentation,
    seed: int,
    height: int = 96,
    width: int = 96,
    variants: int = 8,
) -> Pixels:
    """Return a sheet: a row for each image, first as it is, then as training might see it.

    MixUp and CutMix mix the images of a column.

    Args:
        samples_pixels: images, each (any height, any width, 3) uint8 RGB.
        augmentation: what to show.
        seed: the same seed gives the same sheet.
        height: rows of each picture, in pixels: the network's.
        width: columns of each picture, in pixels.
        variants: varied pictures in a row.

    Returns:
        (images * (height + 2) - 2, (variants + 1) * (width + 2) + 2, 3) uint8 RGB.

    Raises:
        TrainingError: there are no images.
    """
    if not samples_pixels:
        raise TrainingError('there are no images to show augmented: give at least one')
    random = np.random.default_rng(seed)
    originals = np.stack(
        [crop_and_resize(Frame(pixels, 'rgb'), height, width) for pixels in samples_pixels]
    )
    targets = np.eye(len(originals), dtype=np.float32)
    columns = [
        _column(originals),
        np.full((len(originals) * (height + _GAP), 2 * _GAP, 3), 255, np.uint8),
    ]
    for _ in range(variants):
        varied = np.stack([augment(pixels, augmentation, random) for pixels in originals])
        columns.append(_column(mix_batch(varied, targets, augmentation, random).images))
    sheet: Pixels = np.concatenate(columns, axis=1, dtype=np.uint8)
    return sheet[:-_GAP, :-_GAP]


def _move(pixels: Pixels, augmentation: Augmentation, random: np.random.Generator) -> Pixels:
    a = augmentation
    if not (a.rotation or a.flip or a.zoom or a.translation):
        return pixels
    # One warp for all of it: each would blur a little.
    linear = operations.rotation(a.rotation * random.uniform(-1.0, 1.0))
    linear = linear * (1 + a.zoom) ** random.uniform(-1.0, 1.0)
    if a.flip and random.random() < 0.5:
        linear = linear @ np.diag([-1.0, 1.0])
    height, width = pixels.shape[:2]
    # Whole pixels: a shift alone must not blur.
    right, down = np.rint(a.translation * random.uniform(-1.0, 1.0, 2) * (width, height))
    return operations.affine(pixels, linear, (right, down))


def _light(pixels: Pixels, augmentation: Augmentation, random: np.random.Generator) -> Pixels:
    if not (augmentation.brightness or augmentation.contrast):
        return pixels
    mean = float(pixels.mean())
    offset = 255 * augmentation.brightness * random.uniform(-1.0, 1.0)
    # Half of the way to black or white at most, or a dark image would lose what it shows.
    offset = min(max(offset, -mean / 2), (255 - mean) / 2)
    change = augmentation.contrast * random.uniform(-1.0, 1.0)
    return operations.tone(pixels, 1 + change, offset - change * mean)


def _mixup(
    image: Pixels, other: Pixels, share: float, random: np.random.Generator
) -> tuple[Pixels, float]:
    return cv2.addWeighted(image, share, other, 1 - share, 0.0), share  # type: ignore[return-value]


def _cutmix(
    image: Pixels, other: Pixels, share: float, random: np.random.Generator
) -> tuple[Pixels, float]:
    height, width = image.shape[:2]
    half = np.sqrt(1 - share) / 2
    x, y = random.uniform(0, width), random.uniform(0, height)
    left, right = (round(float(np.clip(x + d * half * width, 0, width))) for d in (-1, 1))
    top, bottom = (round(float(np.clip(y + d * half * height, 0, height))) for d in (-1, 1))
    mixed = image.copy()
    mixed[top:bottom, left:right] = other[top:bottom, left:right]
    # Not the drawn share: part of the rectangle may be beyond the edge.
    return mixed, 1 - (bottom - top) * (right - left) / (height * width)


def _column(images: Pixels) -> Pixels:
    framed = np.pad(images, ((0, 0), (0, _GAP), (0, _GAP), (0, 0)), constant_values=255)
    return framed.reshape(-1, framed.shape[2], 3)
