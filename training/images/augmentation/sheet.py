# SPDX-License-Identifier: Apache-2.0
"""A picture of what an augmentation does."""

from collections.abc import Sequence

import numpy as np

from mobilenet_perception.frames import Frame, crop_and_resize
from training.configuration.settings import Augmentation
from training.data.sample import Pixels
from training.errors import TrainingError
from training.images.augmentation.augment import augment
from training.images.augmentation.mix import mix_batch

_GAP = 2


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


def _column(images: Pixels) -> Pixels:
    framed = np.pad(images, ((0, 0), (0, _GAP), (0, _GAP), (0, 0)), constant_values=255)
    return framed.reshape(-1, framed.shape[2], 3)
