# SPDX-License-Identifier: Apache-2.0
"""Groups of near-duplicate images: difference hashes and thumbnails, joined transitively."""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt
from scipy.sparse.csgraph import connected_components

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
    hashes = np.stack([difference_hash(image) for image in images])
    side = (_THUMBNAIL_SIDE, _THUMBNAIL_SIDE)
    thumbnails = np.stack(
        [cv2.resize(i, side, interpolation=cv2.INTER_AREA).ravel() for i in images]
    ).astype(np.float32)
    near = np.zeros((len(images), len(images)), bool)
    for row, (bits, thumbnail) in enumerate(zip(hashes, thumbnails, strict=True)):
        differing = np.count_nonzero(hashes != bits, axis=1)
        rms = np.sqrt(np.mean((thumbnails - thumbnail) ** 2, axis=1))
        near[row] = (differing <= max_bits) | (rms <= max_rms)
    _, groups = connected_components(near, directed=False)
    return [int(group) for group in groups]
