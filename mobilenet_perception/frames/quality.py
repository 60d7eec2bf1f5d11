# SPDX-License-Identifier: Apache-2.0
"""Signal quality of one frame: bits in use, byte order, darkness. A cheap look at some pixels."""

from typing import Any, NamedTuple

import cv2
import numpy as np

from mobilenet_perception.frames import jpeg, jpeg_png
from mobilenet_perception.frames.encodings import ENCODINGS, Packed
from mobilenet_perception.frames.frame import DEFAULT_LIMITS, Frame
from mobilenet_perception.frames.image import UInt8Array, UInt16Array, view_samples
from mobilenet_perception.frames.messages import view_bytes

# Sensors give so many bits a sample.
_SENSORS = (8, 10, 12, 14, 16)
# Rows, and columns of the decoded frame, that are looked at.
_ROWS, _COLUMNS = 64, 128
# The means of so many blocks, across and down, are without the sensor's noise.
_BLOCKS = (8, 6)
# A pixel of so many may be hot.
_OUTLIERS = 2000
# Levels of 255. A covered lens stays below all three. Of 5,435 photographs of streets, signs and
# ground by day and night none does: where one's level is below 20, blocks differ by 9 and more.
_DARK, _FLAT, _POINT = 20.0, 5.0, 48.0
# Blocks of a 16-bit picture that differ by less, of 65535, show nothing.
_NOTHING = 32.0
# Samples without these bits are of a sensor with fewer, and fill the upper ones.
_LOWEST = 0b11
# Mean difference of neighbouring bytes: of noise 85, of the high bytes of pictures 0 to 30.
_NOISE, _SMOOTHER = 40.0, 0.5
_FEW_LEVELS, _HALF = 64, 128


class Quality(NamedTuple):
    """What a look at one frame has shown.

    Attributes:
        bits: bits that its largest 16-bit sample needs: 8, 10, 12, 14 or 16; 0: not known, for
            samples have 8 bits, or show nothing.
        swapped: the low byte of its samples holds the picture, and the high byte noise.
        dark: it is dark everywhere and without detail.
        level: its mean brightness, 0 to 255.
        unchecked: it is a JPEG, and whether it lost data cannot be seen here.
    """

    bits: int
    swapped: bool
    dark: bool
    level: float
    unchecked: bool = False


def measure(message: Any, frame: Frame, significant_bits: int = 0) -> Quality:
    """Look at a message, shaped like sensor_msgs Image or CompressedImage, and at its pixels.

    Args:
        message: it has been decoded, so that its sizes are right.
        frame: what it was decoded to.
        significant_bits: by which it was decoded, as in `decode_image`.
    """
    level, spread, point = _brightness(frame)
    dark = level < _DARK and spread < _FLAT and point < _POINT
    if hasattr(message, 'encoding'):
        bits, swapped = _of_raw(message)
        return Quality(bits, swapped, dark, level)
    start = bytes(memoryview(message.data)[:33])
    if start.startswith(jpeg_png.JPEG_SIGNATURE):
        return Quality(0, False, dark, level, unchecked=not jpeg.sees_damage())
    bits = 0
    if jpeg_png.read_png_header(start).bits == 16 and not significant_bits:
        # Of its samples there are only the high bytes here.
        bits = _bits(256 * int(frame.pixels.max()) + 255, 256 * spread)
    return Quality(bits, False, dark, level)


def _brightness(frame: Frame) -> tuple[float, float, float]:
    """Return the mean level, how much blocks differ, and the brightest point but for outliers."""
    pixels = frame.pixels[:: -(-frame.height // _ROWS), :: -(-frame.width // _COLUMNS)]
    if pixels.ndim == 3:
        grey = pixels[..., :3].mean(axis=2, dtype=np.float32)
    else:
        grey = pixels.astype(np.float32)
    blocks = cv2.resize(grey, _BLOCKS, interpolation=cv2.INTER_AREA)
    brightest = -1 - grey.size // _OUTLIERS
    point = np.partition(grey, brightest, axis=None)[brightest]
    return float(blocks.mean()), float(np.ptp(blocks)), float(point)


def _of_raw(message: Any) -> tuple[int, bool]:
    """Return the bits in use and whether bytes are swapped; 0 and False for 8-bit samples."""
    encoding = ENCODINGS.get(message.encoding)
    if not isinstance(encoding, Packed) or encoding.sample_bytes == 1:
        return 0, False
    data = view_bytes(message.data, DEFAULT_LIMITS._replace(max_bytes=len(message.data)))
    row = 2 * message.width * encoding.channels
    rows = data.reshape(message.height, message.step)[:: -(-message.height // _ROWS), :row]
    bytes_of = np.ascontiguousarray(rows)
    samples = view_samples(bytes_of, bool(message.is_bigendian))
    blocks = cv2.resize(samples.astype(np.float32), _BLOCKS, interpolation=cv2.INTER_AREA)
    # Two samples of a mosaic, or two pixels further on, is the same colour again.
    swapped = _is_swapped(samples, 2 * encoding.channels)
    if swapped:
        return 0, True
    if not int(np.bitwise_or.reduce(samples, axis=None)) & _LOWEST:
        return 16, False  # left-aligned, whatever the scene
    return _bits(int(samples.max()), float(np.ptp(blocks))), False


def _bits(largest: int, spread: float) -> int:
    """Return how many bits a sensor has that gives such a sample; 0: there is nothing to see."""
    if spread < _NOTHING:
        return 0
    return next(bits for bits in _SENSORS if largest < 1 << bits)


def _is_swapped(samples: UInt16Array, apart: int) -> bool:
    if samples.shape[1] <= apart:
        return False
    high, low = (samples >> 8).astype(np.uint8), (samples & 255).astype(np.uint8)
    noise, other = _roughness(high, apart), _roughness(low, apart)
    # A low byte that never changes is unused: the samples are 8 bits, in the upper half.
    if other == 0:
        return False
    # Right-aligned samples of up to 14 bits have in their high byte what no low byte has.
    few = int(low.max()) < _FEW_LEVELS and int(high.max()) >= _HALF and other < noise
    return few or (noise > _NOISE and other < _SMOOTHER * noise)


def _roughness(values: UInt8Array, apart: int) -> float:
    return float(cv2.absdiff(values[:, apart:], values[:, :-apart]).mean())
