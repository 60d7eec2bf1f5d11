# SPDX-License-Identifier: Apache-2.0
"""The sides of image files other than JPEG and PNG, read from their headers before decoding."""

import re
import struct
from collections.abc import Callable
from typing import NamedTuple


class Dimensions(NamedTuple):
    """Rows and columns that a file claims, in pixels."""

    height: int
    width: int


def file_dimensions(data: bytes) -> Dimensions | None:
    """Return what the header of a BMP, WebP, TIFF or PBM/PGM/PPM file claims.

    None: the file is of another format, or its header is damaged.
    """
    for signature, read in _READERS:
        if signature.match(data):
            try:
                return read(data)
            except (struct.error, ValueError, IndexError):
                return None
    return None


def _bmp(data: bytes) -> Dimensions:
    (header_size,) = struct.unpack_from('<I', data, 14)
    if header_size == 12:
        width, height = struct.unpack_from('<HH', data, 18)
    else:
        width, height = struct.unpack_from('<ii', data, 18)
    return Dimensions(abs(height), width)


def _webp(data: bytes) -> Dimensions | None:
    kind = data[12:16]
    if kind == b'VP8X':
        return Dimensions(_uint24(data, 27) + 1, _uint24(data, 24) + 1)
    if kind == b'VP8L':
        (bits,) = struct.unpack_from('<I', data, 21)
        return Dimensions((bits >> 14 & 0x3FFF) + 1, (bits & 0x3FFF) + 1)
    if kind == b'VP8 ':
        width, height = struct.unpack_from('<HH', data, 26)
        return Dimensions(height & 0x3FFF, width & 0x3FFF)
    return None


def _uint24(data: bytes, start: int) -> int:
    return int.from_bytes(data[start : start + 3], 'little')


_NETPBM = re.compile(rb'P[1-6](?:\s|#[^\n]*\n)+(\d{1,9})(?:\s|#[^\n]*\n)+(\d{1,9})\s')


def _netpbm(data: bytes) -> Dimensions | None:
    found = _NETPBM.match(data[:4096])
    return Dimensions(int(found[2]), int(found[1])) if found else None


def _tiff(data: bytes) -> Dimensions | None:
    order = '<' if data[:2] == b'II' else '>'
    (start,) = struct.unpack_from(f'{order}I', data, 4)
    (count,) = struct.unpack_from(f'{order}H', data, start)
    sides = {}
    for index in range(count):
        entry = start + 2 + 12 * index
        tag, kind = struct.unpack_from(f'{order}HH', data, entry)
        if tag in (256, 257):
            (sides[tag],) = struct.unpack_from(
                f'{order}{"H" if kind == 3 else "I"}', data, entry + 8
            )
    if len(sides) < 2:
        return None
    return Dimensions(sides[257], sides[256])


_READERS: tuple[tuple[re.Pattern[bytes], Callable[[bytes], Dimensions | None]], ...] = (
    (re.compile(rb'BM'), _bmp),
    (re.compile(rb'RIFF....WEBP', re.DOTALL), _webp),
    (re.compile(rb'P[1-6]'), _netpbm),
    (re.compile(rb'II\*\0|MM\0\*'), _tiff),
)
