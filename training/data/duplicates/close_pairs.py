# SPDX-License-Identifier: Apache-2.0
"""Close pairs among tens of thousands of vectors, exactly; near duplicates of images by them.

Distances of whole tiles of pairs are one matrix product each. Vectors of many dimensions are
projected onto few orthonormal axes first: that can only shorten distances, so no pair is missed,
and the few that remain are measured in full.

Near duplicates are what may come from one drive, and grouping them errs towards joining; whether
two images are copies of one picture, `mobilenet_perception.frames.same_picture` tells.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from training.data.data_set import Pixels

MAX_BITS = 6
MAX_RMS = 12.0
_HASH_SIDE = 8
_THUMBNAIL_SIDE = 16
_TILE = 2048
_AXES = 32
_FEW_DIMENSIONS = 64
_SAMPLE = 4096
_CHUNK = 32_768
Vectors = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]


class Pairs(NamedTuple):
    """Some close pairs: places of both vectors, the first smaller, and their distance."""

    first: Places
    second: Places
    distance: Vectors


class Components:
    """Connected components of things numbered from 0, to which pairs can be added."""

    def __init__(self, count: int) -> None:
        """Start with every thing on its own."""
        self._of: Places = np.arange(count, dtype=np.int64)

    def apart(self, first: Places, second: Places) -> npt.NDArray[np.bool_]:
        """Say of some pairs whether they are in different groups so far."""
        return np.asarray(self._of[first] != self._of[second])

    def join(self, first: Places, second: Places) -> None:
        """Put each pair into one group."""
        if not self.apart(first, second).any():
            return
        count = int(self._of.max()) + 1
        links = (np.ones(len(first), np.int8), (self._of[first], self._of[second]))
        _, merged = connected_components(coo_array(links, shape=(count, count)), directed=False)
        self._of = merged[self._of].astype(np.int64)

    def numbers(self) -> list[int]:
        """Return the number of each thing's group, counted from 0 as they first appear."""
        _, at, inverse = np.unique(self._of, return_index=True, return_inverse=True)
        rank = np.empty(len(at), np.int64)
        rank[np.argsort(at)] = np.arange(len(at))
        return [int(number) for number in rank[inverse]]


def _all(first: Places, second: Places) -> npt.NDArray[np.bool_]:
    return np.ones(len(first), bool)


def close_pairs(
    vectors: Vectors,
    radius: float | Vectors,
    wanted: Callable[[Places, Places], npt.NDArray[np.bool_]] = _all,
) -> Iterator[Pairs]:
    """Yield every pair of vectors whose Euclidean distance is at most a radius, in chunks.

    Args:
        vectors: (n, dimensions) float32; the square of the distance of 0/1 vectors is their
            Hamming distance.
        radius: for all, or (n,) one of each: then a pair is close within the larger of its two.
        wanted: says which of some candidates matter, before they are measured in full; it is
            asked chunk by chunk, and may take account of the pairs yielded before.
    """
    radii = np.broadcast_to(np.asarray(radius, np.float32), len(vectors))
    # Those of like radius together, so that most tiles can do with a small one.
    order = np.argsort(-radii, kind='stable')
    flat = _flattened(vectors)[order]
    squares = np.einsum('ij,ij->i', flat, flat)
    ones = np.ones_like(squares)
    # [x, x.x, 1] . [-2y, 1, y.y] is the squared distance of x and y.
    left = np.column_stack([flat, squares, ones])
    right = np.column_stack([-2 * flat, ones, squares]).T
    rounding = 1e-5 * float(squares.max(initial=0.0))
    for top in range(0, len(vectors), _TILE):
        # Sorted, so that the first of the tile above has the largest radius.
        limit = float(radii[order[top]]) ** 2 * (1 + 1e-5) + rounding
        for start in range(top, len(vectors), _TILE):
            squared = left[top : top + _TILE] @ right[:, start : start + _TILE]
            near = squared <= limit
            if start == top:
                near = np.triu(near, 1)
            rows, columns = np.nonzero(near)
            yield from _measured(vectors, radii, order[rows + top], order[columns + start], wanted)


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


def difference_hash(pixels: Pixels) -> npt.NDArray[np.bool_]:
    """Return 64 bits: whether each cell of a 9 x 8 thumbnail is darker than its right neighbour.

    The dHash of Krawetz (2013): it ignores size, brightness and contrast.
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (_HASH_SIDE + 1, _HASH_SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(small[:, 1:] > small[:, :-1]).ravel()


def _measured(
    vectors: Vectors,
    radii: Vectors,
    rows: Places,
    columns: Places,
    wanted: Callable[[Places, Places], npt.NDArray[np.bool_]],
) -> Iterator[Pairs]:
    for at in range(0, len(rows), _CHUNK):
        pair = np.stack([rows[at : at + _CHUNK], columns[at : at + _CHUNK]])
        first, second = pair.min(axis=0), pair.max(axis=0)
        chosen = wanted(first, second)
        first, second = first[chosen], second[chosen]
        difference = vectors[first] - vectors[second]
        distance = np.sqrt(np.einsum('ij,ij->i', difference, difference))
        close = distance <= np.maximum(radii[first], radii[second])
        if close.any():
            yield Pairs(first[close], second[close], distance[close])


def _flattened(vectors: Vectors) -> Vectors:
    """Return the vectors, or their coordinates along the axes in which a sample varies most."""
    if vectors.shape[1] <= _FEW_DIMENSIONS:
        return vectors
    some = vectors[:: max(1, len(vectors) // _SAMPLE)]
    centre = some.mean(axis=0)
    _, axes = np.linalg.eigh(np.cov(some - centre, rowvar=False))
    return np.asarray((vectors - centre) @ axes[:, -_AXES:].astype(np.float32))
