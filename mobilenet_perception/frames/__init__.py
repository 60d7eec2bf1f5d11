# SPDX-License-Identifier: Apache-2.0
"""A camera message becomes an RGB array: encodings, row step, endianness, JPEG/PNG, limits."""

from mobilenet_perception.frames.compressed import decode_compressed
from mobilenet_perception.frames.decode import decode, decode_file
from mobilenet_perception.frames.encodings import ENCODINGS
from mobilenet_perception.frames.frame import (
    Frame,
    Limits,
    PixelOrder,
    RegionOfInterest,
    crop,
    crop_and_resize,
)
from mobilenet_perception.frames.image import SIGNIFICANT_BITS, decode_image

__all__ = [
    'ENCODINGS',
    'SIGNIFICANT_BITS',
    'Frame',
    'Limits',
    'PixelOrder',
    'RegionOfInterest',
    'crop',
    'crop_and_resize',
    'decode',
    'decode_compressed',
    'decode_file',
    'decode_image',
]
