# SPDX-License-Identifier: Apache-2.0
"""A camera message becomes an RGB array: encodings, row step, endianness, JPEG/PNG, limits."""

from mobilenet_perception.frames.frame import Frame, PixelOrder, RegionOfInterest
from mobilenet_perception.frames.resize import crop_and_resize

__all__ = ['Frame', 'PixelOrder', 'RegionOfInterest', 'crop_and_resize']
