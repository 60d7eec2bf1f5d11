# SPDX-License-Identifier: Apache-2.0
"""MixUp (Zhang et al., ICLR 2018) and CutMix (Yun et al., ICCV 2019) of a batch."""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from training.configuration.settings import Augmentation
from training.data.sample import Pixels

Targets = npt.NDArray[np.float32]


class MixedBatch(NamedTuple):
    """Images (batch, height, width, 3) uint8 RGB, and targets (batch, classes) float32."""

    images: Pixels
    targets: Targets


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
