# SPDX-License-Identifier: Apache-2.0
"""Remembers pictures, and says of another whether it shows what one of them has shown already."""

from typing import NamedTuple

import cv2
import numpy as np

from mobilenet_perception.frames.same_picture import (
    COARSE_DISTANCE,
    COARSE_RMS,
    DIMENSIONS,
    LARGEST,
    Descriptor,
    Pixels,
    Vectors,
    compare,
    describe,
)

# Comparing in full costs a thousand times the search: only the nearest few are.
_NEAREST = 8
# Of 12 kB each; older ones are forgotten.
_MOST = 20_000
_FIRST_ROOM = 64


class Novelty:
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
    """A picture, described for the search, and small, for the comparison."""

    described: Descriptor
    small: Pixels
    colour: Vectors


class _Pictures:
    """Pictures of one label."""

    def __init__(self) -> None:
        self._vectors: Vectors = np.zeros((_FIRST_ROOM, DIMENSIONS), np.float32)
        self._radii: Vectors = np.zeros(_FIRST_ROOM, np.float32)
        self._small: list[Pixels] = []
        self._count = 0
        # Walls and covered lenses: there is no picture to compare, but a colour.
        self._plain: list[Vectors] = []

    def add(self, picture: _Picture) -> None:
        """Remember a picture, in the place of the oldest one once there are many."""
        if not picture.described.contrast:
            self._plain.append(picture.colour)
            return
        place = self._count % _MOST
        self._count += 1
        if place == len(self._radii):
            self._vectors = np.concatenate([self._vectors, np.zeros_like(self._vectors)])
            self._radii = np.concatenate([self._radii, np.zeros_like(self._radii)])
        self._vectors[place] = picture.described.vector
        self._radii[place] = _radius(picture)
        self._small[place : place + 1] = [picture.small]

    def have(self, picture: _Picture) -> bool:
        """Say whether a picture is among them."""
        if not picture.described.contrast:
            return any(np.abs(picture.colour - c).max() <= COARSE_RMS for c in self._plain)
        count = len(self._small)
        distances = np.linalg.norm(self._vectors[:count] - picture.described.vector, axis=1)
        near = np.flatnonzero(distances <= np.maximum(self._radii[:count], _radius(picture)))
        nearest = near[np.argsort(distances[near], kind='stable')][:_NEAREST]
        return any(compare(self._small[place], picture.small).same for place in nearest.tolist())


def _described(pixels: Pixels) -> _Picture:
    side = (min(pixels.shape[1], LARGEST), min(pixels.shape[0], LARGEST))
    small = np.asarray(cv2.resize(pixels, side, interpolation=cv2.INTER_AREA), np.uint8)
    return _Picture(describe(pixels), small, small.mean(axis=(0, 1), dtype=np.float32))


def _radius(picture: _Picture) -> float:
    return min(COARSE_DISTANCE, COARSE_RMS / picture.described.contrast)
