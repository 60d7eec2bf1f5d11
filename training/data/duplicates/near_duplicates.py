# SPDX-License-Identifier: Apache-2.0
"""Near duplicates: images that look alike, by difference hash or thumbnail, in groups.

This is to keep together what may come from one drive, and errs towards joining; whether two
images are copies of one picture, `mobilenet_perception.frames.same_picture` tells. Copies keep
their groups together, so that no split can put them into two parts.
"""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from training.data.data_set import DataSet, Pixels
from training.data.duplicates.close_pairs import Components, close_pairs
from training.data.duplicates.copies import Fingerprints, find_copies, take_fingerprints

MAX_BITS = 6
MAX_RMS = 12.0
_HASH_SIDE = 8
_THUMBNAIL_SIDE = 16


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


def group_duplicates(data_set: DataSet, fingerprints: Fingerprints | None = None) -> DataSet:
    """Return the data with groups joined that hold copies of one picture.

    Groups whose part the data fix, or that are held out, stay as they are: what leaks between
    those, only the maker of the data can mend.
    """
    samples = data_set.samples
    taken = take_fingerprints(samples) if fingerprints is None else fingerprints
    names = sorted({sample.group for sample in samples})
    number = {name: place for place, name in enumerate(names)}
    fixed = {*data_set.parts, *data_set.held_out}
    of = np.array(
        [-1 if sample.group in fixed else number[sample.group] for sample in samples], np.int64
    )
    copies = find_copies(samples, taken, of)
    groups = Components(len(names))
    if copies:
        first, second = (
            of[[copy.image for copy in copies]],
            of[[copy.original for copy in copies]],
        )
        groups.join(first, second)
    joined = groups.numbers()
    first_of: dict[int, str] = {}
    for name, component in zip(names, joined, strict=True):
        first_of.setdefault(component, name)
    renamed = [s._replace(group=first_of[joined[number[s.group]]]) for s in samples]
    return data_set._replace(samples=renamed)
