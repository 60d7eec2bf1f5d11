# SPDX-License-Identifier: Apache-2.0
"""Any camera message, and any image file, becomes a frame.

The sides of files other than JPEG and PNG are read from their headers before they are decoded.
"""

import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import cast

import cv2

from mobilenet_perception.errors import FrameError
from mobilenet_perception.frames.compressed import (
    decode_bytes,
    decode_compressed,
    decode_samples,
    jpeg_behind,
)
from mobilenet_perception.frames.frame import DEFAULT_LIMITS, Frame, Limits, RegionOfInterest
from mobilenet_perception.frames.image import UInt8Array, decode_image
from mobilenet_perception.frames.jpeg_png import JPEG_SIGNATURE, PNG_SIGNATURE
from mobilenet_perception.frames.messages import CompressedImageLike, ImageLike

# Height and width, in pixels.
Sides = tuple[int, int]
_NETPBM = re.compile(rb'P[1-6](?:\s|#[^\n]*\n)+(\d{1,9})(?:\s|#[^\n]*\n)+(\d{1,9})\s')


def decode(
    message: ImageLike | CompressedImageLike,
    min_height: int = 0,
    min_width: int = 0,
    roi: RegionOfInterest | None = None,
    limits: Limits = DEFAULT_LIMITS,
    significant_bits: int = 0,
) -> Frame:
    """Return the pixels of a raw or compressed message, told apart by their fields.

    The arguments are those of `decode_compressed`; a raw message is always at full scale.

    Raises:
        FrameError: the message is malformed, too large, or of an unsupported format.
    """
    if hasattr(message, 'encoding'):
        return decode_image(cast(ImageLike, message), limits, significant_bits)
    return decode_compressed(message, min_height, min_width, roi, limits, significant_bits)


def decode_file(
    path: str | Path, limits: Limits = DEFAULT_LIMITS, significant_bits: int = 0
) -> Frame:
    """Return the pixels of an image file.

    JPEG and PNG go through the decoder of camera messages, at full scale; BMP, WebP, TIFF and
    PBM/PGM/PPM through OpenCV. Unlike a camera message, a JPEG is turned upright by its EXIF
    orientation: photographs of a telephone are shown so to the person who labels them.

    Args:
        path: of the file; its content decides, not its name.
        limits: the largest image taken.
        significant_bits: of 16-bit samples (PNG, TIFF, PGM, PPM), as in `decode_image`.

    Raises:
        FrameError: the file cannot be read, is damaged, too large, or of another format.
    """
    path = Path(path)
    try:
        size = path.stat().st_size
        if size == 0:
            raise FrameError('the file is empty: copy it again, or remove it')
        limits.check_size(size)
        data = path.read_bytes()
    except OSError as error:
        raise FrameError(f'{path}: cannot be read: {error.strerror}') from error
    except FrameError as error:
        raise FrameError(f'{path}: {error}') from error
    try:
        if data.startswith((JPEG_SIGNATURE, PNG_SIGNATURE)):
            return decode_bytes(
                data, limits=limits, significant_bits=significant_bits, exif_orientation=True
            )
        return _decode_other(data, limits, significant_bits)
    except FrameError as error:
        raise FrameError(f'{path}: {error}') from error


def _decode_other(data: bytes, limits: Limits, significant_bits: int) -> Frame:
    sides = _sides(data)
    if sides is None:
        raise FrameError(
            jpeg_behind(data)
            or 'no image that can be read: give JPEG, PNG, BMP, WebP, TIFF or PBM/PGM/PPM'
        )
    limits.check_dimensions(*sides)
    pixels = _without_log(lambda: decode_samples(data, cv2.IMREAD_COLOR, significant_bits))
    if pixels is None or set(pixels.shape[:2]) != set(sides):
        raise FrameError('the image is damaged, or of a kind that OpenCV does not read')
    return Frame(pixels, 'bgr')


def _without_log(decode_it: Callable[[], UInt8Array | None]) -> UInt8Array | None:
    """Decode while OpenCV logs nothing: what it would say, an error says in one sentence."""
    level = cv2.setLogLevel(0)
    try:
        return decode_it()
    finally:
        cv2.setLogLevel(level)


def _sides(data: bytes) -> Sides | None:
    """Return the sides that the header of a BMP, WebP, TIFF or PBM/PGM/PPM file claims.

    None: the file is of another format, or its header is damaged.
    """
    for signature, read in _READERS:
        if signature.match(data):
            try:
                return read(data)
            except (struct.error, ValueError, IndexError):
                return None
    return None


def _bmp(data: bytes) -> Sides:
    (header_size,) = struct.unpack_from('<I', data, 14)
    if header_size == 12:
        width, height = struct.unpack_from('<HH', data, 18)
    else:
        width, height = struct.unpack_from('<ii', data, 18)
    return abs(height), width


def _webp(data: bytes) -> Sides | None:
    kind = data[12:16]
    if kind == b'VP8X':
        return _uint24(data, 27) + 1, _uint24(data, 24) + 1
    if kind == b'VP8L':
        (bits,) = struct.unpack_from('<I', data, 21)
        return (bits >> 14 & 0x3FFF) + 1, (bits & 0x3FFF) + 1
    if kind == b'VP8 ':
        width, height = struct.unpack_from('<HH', data, 26)
        return height & 0x3FFF, width & 0x3FFF
    return None


def _uint24(data: bytes, start: int) -> int:
    return int.from_bytes(data[start : start + 3], 'little')


def _netpbm(data: bytes) -> Sides | None:
    found = _NETPBM.match(data[:4096])
    return (int(found[2]), int(found[1])) if found else None


def _tiff(data: bytes) -> Sides | None:
    order = '<' if data[:2] == b'II' else '>'
    (start,) = struct.unpack_from(f'{order}I', data, 4)
    (count,) = struct.unpack_from(f'{order}H', data, start)
    found = {}
    for index in range(count):
        entry = start + 2 + 12 * index
        tag, kind = struct.unpack_from(f'{order}HH', data, entry)
        if tag in (256, 257):
            (found[tag],) = struct.unpack_from(
                f'{order}{"H" if kind == 3 else "I"}', data, entry + 8
            )
    if len(found) < 2:
        return None
    return found[257], found[256]


_READERS: tuple[tuple[re.Pattern[bytes], Callable[[bytes], Sides | None]], ...] = (
    (re.compile(rb'BM'), _bmp),
    (re.compile(rb'RIFF....WEBP', re.DOTALL), _webp),
    (re.compile(rb'P[1-6]'), _netpbm),
    (re.compile(rb'II\*\0|MM\0\*'), _tiff),
)
