# SPDX-License-Identifier: Apache-2.0
"""What is remembered of each image to find its copies, and which images cannot be read."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from mobilenet_perception.frames.same_picture import DIMENSIONS, describe
from training.data.duplicates.close_pairs import Vectors
from training.data.progress import in_parallel
from training.data.sample import Sample
from training.errors import TrainingError

_NAMED = 3


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


class _One(NamedTuple):
    digest: bytes
    vector: Vectors
    contrast: float
    size: tuple[int, int]
    error: str


def take_fingerprints(samples: Sequence[Sample]) -> Fingerprints:
    """Read every image once; shows progress."""
    count = len(samples)
    vectors = np.zeros((count, DIMENSIONS), np.float32)
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


def _take(sample: Sample) -> _One:
    try:
        pixels = sample.pixels
    except TrainingError as error:
        reason = str(error).removesuffix(': mend or remove it')
        return _One(b'', np.zeros(DIMENSIONS, np.float32), 0.0, (0, 0), reason)
    height, width = pixels.shape[:2]
    digest = hashlib.blake2b(pixels.tobytes(), digest_size=16)
    digest.update(f'{height}x{width}'.encode())
    return _One(digest.digest(), *describe(pixels), (height, width), '')
