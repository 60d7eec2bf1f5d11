# SPDX-License-Identifier: Apache-2.0
"""Groups of images that look alike: difference hashes and thumbnails, joined transitively.

This is to keep together what may come from one drive, and errs towards joining; whether two
images are copies of one picture, `mobilenet_perception.frames.same_picture` tells.
"""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from training.data.close_pairs import close_pairs
from training.data.components import Components
from training.data.sample import Pixels

MAX_BITS = 6
MAX_RMS = 12.0
_HASH_SIDE = 8
_THUMBNAIL_SIDE = 16


def difference_hash(pixels: Pixels) -> npt.NDArray[np.bool_]:
    """Return 64 bits: whether each cell of a 9 x 8 thumbnail is darker than its right neighbour.

    The dHash of Krawetz (2013): it ignores size, brightness and contrast.
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (_HASH_SIDE + 1, _HASH_SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(small[:, 1:] > small[:, :-1]).ravel()


def near_duplicate_groups(
    images: Sequence[Pixels], max_bits: int = MAX_BITS, max_rms: float = MAX_RMS
) -> list[int]:
    """Return a group number for each image; near duplicates of near duplicates share it.

    Two images are near duplicates when their hashes differ in at most `max_bits` of 64 bits, or
    their 16 x 16 RGB thumbnails by at most `max_rms` grey levels (root mean square).
    """
    hashes = np.stack([difference_hash(image) for image in images]).astype(np.float32)
    side = (_THUMBNAIL_SIDE, _THUMBNAIL_SIDE)
    thumbnails = np.stack(
        [cv2.resize(i, side, interpolation=cv2.INTER_AREA).ravel() for i in images]
    ).astype(np.float32)
    groups = Components(len(images))
    for vectors, radius in (
        (hashes, max_bits**0.5),
        (thumbnails, max_rms * thumbnails.shape[1] ** 0.5),
    ):
        for pairs in close_pairs(vectors, radius, groups.apart):
            groups.join(pairs.first, pairs.second)
    return groups.numbers()
