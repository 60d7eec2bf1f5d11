# SPDX-License-Identifier: Apache-2.0
"""Random erasing (Zhong et al., AAAI 2020): a rectangle overwritten with random values."""

import numpy as np

from training.data.sample import Pixels

_LEAST_SHARE = 0.02
_LARGEST_SHARE = 0.4
_LARGEST_ASPECT = 1 / 0.3


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
