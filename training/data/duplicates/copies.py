# SPDX-License-Identifier: Apache-2.0
"""Images of a data set that are copies of another: the same pixels, or the same picture."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mobilenet_perception.frames.same_picture import (
    COARSE_DISTANCE,
    COARSE_RMS,
    FLAT,
    Difference,
    compare,
)
from training.data.duplicates.close_pairs import Pairs, Places, close_pairs
from training.data.duplicates.fingerprints import Fingerprints
from training.data.progress import in_parallel
from training.data.sample import Sample

# Comparing in full costs a thousand times the search: only the nearest few are.
_NEAREST = 4
_MOST_HELD = 4_000_000


class Copy(NamedTuple):
    """An image that is a copy of another one.

    Attributes:
        image: its place among the samples.
        original: the place of the image that it is a copy of, from a lower class.
        difference: of the two pictures; None: all pixels are the same.
    """

    image: int
    original: int
    difference: Difference | None


def find_copies(
    samples: Sequence[Sample], fingerprints: Fingerprints, classes: npt.NDArray[np.int64]
) -> list[Copy]:
    """Return for each image at most one that it is a copy of, in order of the images.

    Args:
        samples: the images.
        fingerprints: theirs.
        classes: (n,) numbers, such as of parts or groups: only copies across them are sought,
            and the image with the higher number counts as the copy; below 0: left out.
    """
    found = _exact(fingerprints, classes)
    candidates = _candidates(fingerprints, classes, found)
    tests = list(zip(candidates.first.tolist(), candidates.second.tolist(), strict=True))

    def difference(pair: tuple[int, int]) -> Difference:
        return compare(samples[pair[0]].pixels, samples[pair[1]].pixels)

    measured = in_parallel(difference, tests, 'pairs of images compared')
    for (image, original), result in zip(tests, measured, strict=True):
        if result.same and image not in found:
            found[image] = Copy(image, original, result)
    return [found[image] for image in sorted(found)]


def _exact(fingerprints: Fingerprints, classes: npt.NDArray[np.int64]) -> dict[int, Copy]:
    first: dict[bytes, int] = {}
    found = {}
    # In the order of classes, so that the original is in the lowest.
    for place in np.argsort(classes, kind='stable').tolist():
        digest = fingerprints.digests[place]
        if classes[place] < 0 or not digest:
            continue
        original = first.setdefault(digest, place)
        if classes[original] != classes[place]:
            found[place] = Copy(place, original, None)
    return found


def _candidates(
    fingerprints: Fingerprints, classes: npt.NDArray[np.int64], found: dict[int, Copy]
) -> Pairs:
    """Return pairs (image, original) whose descriptors are close, the nearest few of each."""
    usable = (classes >= 0) & (fingerprints.contrasts >= FLAT)
    settled = np.zeros(len(classes), bool)
    settled[list(found)] = True
    places = np.flatnonzero(usable)
    none = np.empty(0, np.int64)
    kept = Pairs(none, none, np.empty(0, np.float32))
    if len(places) < 2:
        return kept
    contrasts = fingerprints.contrasts[places]

    def across(first: Places, second: Places) -> npt.NDArray[np.bool_]:
        one, other = places[first], places[second]
        return np.asarray(
            (classes[one] != classes[other])
            & ~settled[np.where(classes[one] > classes[other], one, other)]
        )

    radii = np.minimum(COARSE_DISTANCE, COARSE_RMS / contrasts).astype(np.float32)
    held = [kept]
    for pairs in close_pairs(fingerprints.vectors[places], radii, across):
        one, other = places[pairs.first], places[pairs.second]
        later = classes[one] > classes[other]
        image, original = np.where(later, one, other), np.where(later, other, one)
        held.append(Pairs(image, original, pairs.distance))
        if sum(len(part.first) for part in held) > _MOST_HELD:
            held = [_nearest(held)]
    return _nearest(held)


def _nearest(held: Sequence[Pairs]) -> Pairs:
    image, original, distance = (np.concatenate(column) for column in zip(*held, strict=True))
    order = np.lexsort((distance, image))
    image, original, distance = image[order], original[order], distance[order]
    starts = np.searchsorted(image, image)
    near = np.arange(len(image)) - starts < _NEAREST
    return Pairs(image[near], original[near], distance[near])
