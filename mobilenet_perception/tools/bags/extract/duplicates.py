# SPDX-License-Identifier: Apache-2.0
"""Near duplicates among pictures that come one by one: does another show the same already."""

from typing import NamedTuple

import cv2
import numpy as np

from mobilenet_perception.frames import same_picture
from mobilenet_perception.frames.same_picture import Pixels, Vectors

# Comparing in full costs a thousand times the search: only the nearest few are.
_NEAREST = 8
# Of 12 kB each; older ones are forgotten.
_MOST = 20_000


class DuplicateFilter:
    """Pictures seen until now, by label, told apart as training tells copies (`same_picture`).

    What is almost the same but shows another label, such as a light that has changed in the
    distance, is new. A picture without a label is new only if no other looks like it.
    """

    def __init__(self) -> None:
        self._seen: dict[str | None, _Pictures] = {}

    def is_new(self, pixels: Pixels, label: str | None) -> bool:
        """Say whether a picture is new, and remember it if it is.

        Args:
            pixels: (height, width, 3) uint8 RGB.
            label: what it shows; None: not known.
        """
        picture = _described(pixels)
        own = self._seen.setdefault(label, _Pictures())
        alike = self._seen.values() if label is None else (own,)
        if any(pictures.have(picture) for pictures in alike):
            return False
        own.add(picture)
        return True


class _Picture(NamedTuple):
    """A picture for the search, with how far away its copies are at most, and for comparison.

    Walls and covered lenses have a radius of 0: no picture is there to compare, but a colour.
    """

    vector: Vectors
    radius: float
    small: Pixels
    colour: Vectors


def _described(pixels: Pixels) -> _Picture:
    side = (min(pixels.shape[1], same_picture.LARGEST), min(pixels.shape[0], same_picture.LARGEST))
    small = np.asarray(cv2.resize(pixels, side, interpolation=cv2.INTER_AREA), np.uint8)
    vector, contrast = same_picture.describe(pixels)
    radius = (
        min(same_picture.COARSE_DISTANCE, same_picture.COARSE_RMS / contrast) if contrast else 0.0
    )
    return _Picture(vector, radius, small, small.mean(axis=(0, 1), dtype=np.float32))


class _Pictures:
    """Pictures of one label."""

    def __init__(self) -> None:
        # Zeros take no memory before they are written.
        self._vectors: Vectors = np.zeros((_MOST, same_picture.DIMENSIONS), np.float32)
        self._radii: Vectors = np.zeros(_MOST, np.float32)
        self._small: list[Pixels] = []
        self._count = 0
        self._plain: list[Vectors] = []

    def add(self, picture: _Picture) -> None:
        """Remember a picture, in the place of the oldest one once there are many."""
        if not picture.radius:
            self._plain.append(picture.colour)
            return
        place = self._count % _MOST
        self._count += 1
        self._vectors[place] = picture.vector
        self._radii[place] = picture.radius
        self._small[place : place + 1] = [picture.small]

    def have(self, picture: _Picture) -> bool:
        """Say whether a picture is among them."""
        if not picture.radius:
            return any(
                np.abs(picture.colour - c).max() <= same_picture.COARSE_RMS for c in self._plain
            )
        count = len(self._small)
        distances = np.linalg.norm(self._vectors[:count] - picture.vector, axis=1)
        near = np.flatnonzero(distances <= np.maximum(self._radii[:count], picture.radius))
        nearest = near[np.argsort(distances[near], kind='stable')][:_NEAREST]
        return any(
            same_picture.compare(self._small[place], picture.small).same
            for place in nearest.tolist()
        )
