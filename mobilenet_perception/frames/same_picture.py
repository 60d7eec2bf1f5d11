# SPDX-License-Identifier: Apache-2.0
"""Whether two images are copies of one picture: re-encoded, resized, somewhat brighter or darker.

Hashes of 64 bits (dHash, pHash) cannot tell a copy from another photograph of the same sign, so
luminance and coarse colour are compared themselves, free of brightness and contrast: as unit
vectors, by their distance. Measured on all pairs of German traffic signs from different tracks
(10 640 frames), of traffic lights (1 187) and of Fashion-MNIST (70 000 images of 28 x 28):

- distinct photographs of signs are 0.166 apart or more, of traffic lights likewise: none of them
  passes for a copy;
- copies as JPEG of quality 90 and 75, at half, 0.7 and double size, 10 % brighter or darker, are
  found in at least 99 % of traffic lights, and 94 % of signs, of which many are 20 pixels wide and
  nearly black; cropped or mirrored images count as others;
- large plain shapes, such as trousers, look alike to 0.1, but differ by more grey levels than any
  copy: hence the second limit, by which 18 test images of Fashion-MNIST have a copy in training.
"""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]

MAX_DISTANCE = 0.15
MAX_RMS = 5.0
DIMENSIONS = 171
# What the descriptors of copies may differ by, at most: they are coarser than the comparison.
COARSE_DISTANCE = 0.35
COARSE_RMS = 10.0
# Grey levels of standard deviation: below, there is no picture to compare.
FLAT = 2.0

_SIDE = 12
_COLOUR_CELL = 4
LARGEST = 64
_COLOUR_WEIGHT = 0.25
_BLUR = 0.7
_LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)


class Descriptor(NamedTuple):
    """What a picture looks like at 12 x 12 pixels.

    Attributes:
        vector: (171,) float32 of length 1: 12 x 12 of luminance, 3 x 3 x 3 of colour; zeros for
            an image without contrast.
        contrast: standard deviation, in grey levels; 0: without contrast.
    """

    vector: Vectors
    contrast: float


class Difference(NamedTuple):
    """How two pictures differ, brightness and contrast apart.

    Attributes:
        distance: of unit vectors, 0 to 2.
        rms: the same in grey levels of the one with less contrast.
    """

    distance: float
    rms: float

    @property
    def same(self) -> bool:
        """They are copies of one picture."""
        return self.distance <= MAX_DISTANCE and self.rms <= MAX_RMS


def describe(pixels: Pixels) -> Descriptor:
    """Describe an image of (height, width, 3) uint8 RGB; copies have descriptors close by."""
    vector, contrast = _vector(pixels, _SIDE, _SIDE, blur=0.0)
    # A plain colour is no picture, however bright the colour is.
    shape = contrast * float(np.linalg.norm(vector[: _SIDE * _SIDE]))
    return Descriptor(vector, contrast) if shape >= FLAT else Descriptor(0 * vector, 0.0)


def compare(first: Pixels, second: Pixels) -> Difference:
    """Compare two images, both (height, width, 3) uint8 RGB, at the size of the smaller one."""
    height = min(first.shape[0], second.shape[0], LARGEST)
    width = min(first.shape[1], second.shape[1], LARGEST)
    a, contrast = _vector(first, height, width, _BLUR)
    b, other = _vector(second, height, width, _BLUR)
    distance = float(np.linalg.norm(a - b))
    return Difference(distance, distance * min(contrast, other))


def _vector(pixels: Pixels, height: int, width: int, blur: float) -> tuple[Vectors, float]:
    small = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    if blur:
        # Encoders and ways to resize differ in the finest detail.
        small = np.asarray(cv2.GaussianBlur(small, (0, 0), blur))
    luminance = small @ _LUMINANCE
    colour_size = (max(1, width // _COLOUR_CELL), max(1, height // _COLOUR_CELL))
    # Cameras and encoders keep colour at half the resolution or less.
    colour = cv2.resize(
        small - luminance[..., None], colour_size, interpolation=cv2.INTER_AREA
    ).astype(np.float32)
    weight = _COLOUR_WEIGHT * (luminance.size / (colour.size / 3)) ** 0.5
    vector = np.concatenate([(luminance - luminance.mean()).ravel(), weight * colour.ravel()])
    length = float(np.linalg.norm(vector))
    contrast = length / luminance.size**0.5
    return np.asarray(vector / max(length, 1e-6), np.float32), contrast
