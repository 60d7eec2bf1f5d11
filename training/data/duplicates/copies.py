# SPDX-License-Identifier: Apache-2.0
"""Copies among images: the same pixels, or the same picture, found by fingerprints of each image.

Images that cannot be read are found on the way.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from mobilenet_perception.frames import same_picture
from mobilenet_perception.tools.terminal import Progress
from training.data.data_set import Sample
from training.data.duplicates.close_pairs import Pairs, Places, Vectors, close_pairs
from training.errors import TrainingError

_NAMED = 3
_CHUNK = 256
# Comparing in full costs a thousand times the search: only the nearest few are.
_NEAREST = 4
_MOST_HELD = 4_000_000
_Item = TypeVar('_Item')
_Result = TypeVar('_Result')


class Fingerprints(NamedTuple):
    """What is remembered of n images.

    Attributes:
        digests: of the decoded pixels, so that formats do not matter; empty: not readable.
        vectors: (n, dimensions) descriptors of `same_picture`; zeros: without contrast.
        contrasts: (n,) in grey levels.
        sizes: (n, 2) rows and columns, in pixels.
        unreadable: why, by the place of the image.
    """

    digests: tuple[bytes, ...]
    vectors: Vectors
    contrasts: Vectors
    sizes: npt.NDArray[np.int32]
    unreadable: dict[int, str]


class Copy(NamedTuple):
    """An image that is a copy of another one.

    Attributes:
        image: its place among the samples.
        original: the place of the image that it is a copy of, from a lower class.
        difference: of the two pictures; None: all pixels are the same.
    """

    image: int
    original: int
    difference: same_picture.Difference | None


class _One(NamedTuple):
    digest: bytes
    vector: Vectors
    contrast: float
    size: tuple[int, int]
    error: str


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

    def difference(pair: tuple[int, int]) -> same_picture.Difference:
        return same_picture.compare(samples[pair[0]].pixels, samples[pair[1]].pixels)

    measured = in_parallel(difference, tests, 'pairs of images compared')
    for (image, original), result in zip(tests, measured, strict=True):
        if result.same and image not in found:
            found[image] = Copy(image, original, result)
    return [found[image] for image in sorted(found)]


def take_fingerprints(samples: Sequence[Sample]) -> Fingerprints:
    """Read every image once; shows progress."""
    count = len(samples)
    vectors = np.zeros((count, same_picture.DIMENSIONS), np.float32)
    contrasts = np.zeros(count, np.float32)
    sizes = np.zeros((count, 2), np.int32)
    digests: list[bytes] = []
    unreadable: dict[int, str] = {}
    # What is wrong with an image is said in a sentence, not in OpenCV's log.
    level = cv2.setLogLevel(0)
    try:
        for place, one in enumerate(in_parallel(_take, samples, 'images read')):
            digests.append(one.digest)
            vectors[place], contrasts[place], sizes[place] = one.vector, one.contrast, one.size
            if one.error:
                unreadable[place] = one.error
    finally:
        cv2.setLogLevel(level)
    return Fingerprints(tuple(digests), vectors, contrasts, sizes, unreadable)


def refuse_unreadable(fingerprints: Fingerprints) -> None:
    """Refuse data with images that cannot be read.

    Raises:
        TrainingError: how many there are, and what the first of them suffer from.
    """
    found = list(fingerprints.unreadable.values())
    if found:
        more = f'; and {len(found) - _NAMED} more' if len(found) > _NAMED else ''
        raise TrainingError(
            f'{len(found)} of {len(fingerprints.digests)} images cannot be read '
            f'({"; ".join(found[:_NAMED])}{more}): mend or remove them; `inspect` lists all'
        )


def in_parallel(
    function: Callable[[_Item], _Result], items: Sequence[_Item], what: str
) -> Iterator[_Result]:
    """Yield the results of a function in the order of the items, computed by threads.

    Args:
        function: called once for each item.
        items: what it is called with.
        what: words for the line of progress, such as `images read`.
    """
    with (
        Progress(what, len(items)) as progress,
        ThreadPoolExecutor(os.cpu_count() or 1) as threads,
    ):
        # In chunks, so that results do not pile up before they are taken.
        for start in range(0, len(items), _CHUNK):
            yield from threads.map(function, items[start : start + _CHUNK])
            progress(min(start + _CHUNK, len(items)))


def _take(sample: Sample) -> _One:
    try:
        pixels = sample.pixels
    except TrainingError as error:
        reason = str(error).removesuffix(': mend or remove it')
        return _One(b'', np.zeros(same_picture.DIMENSIONS, np.float32), 0.0, (0, 0), reason)
    height, width = pixels.shape[:2]
    digest = hashlib.blake2b(pixels.tobytes(), digest_size=16)
    digest.update(f'{height}x{width}'.encode())
    return _One(digest.digest(), *same_picture.describe(pixels), (height, width), '')


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
    usable = (classes >= 0) & (fingerprints.contrasts >= same_picture.FLAT)
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

    radii = np.minimum(same_picture.COARSE_DISTANCE, same_picture.COARSE_RMS / contrasts).astype(
        np.float32
    )
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
