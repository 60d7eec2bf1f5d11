# SPDX-License-Identifier: Apache-2.0
"""The structure of a PNG, checked before a decoder sees it (W3C, PNG Specification, 3rd ed.)."""

import struct
import zlib
from typing import NamedTuple

from mobilenet_perception.errors import FrameError

SIGNATURE = b'\x89PNG\r\n\x1a\n'
_NEEDED = (b'IHDR', b'PLTE', b'IDAT', b'IEND')
_MAX_CHUNKS = 65_536
# Colour type: the bit depths that it may have.
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_GRAY = (0, 4)


class PngHeader(NamedTuple):
    """What the header of a PNG says: sides in pixels, and whether it has no colour."""

    height: int
    width: int
    gray: bool


def read_png_header(data: bytes) -> PngHeader:
    """Return the header of a PNG, of which only the first 33 bytes are read.

    Raises:
        FrameError: it is truncated or says what no PNG can.
    """
    if len(data) < 33 or data[8:16] != b'\x00\x00\x00\rIHDR':
        raise FrameError('the PNG is damaged or truncated: it does not start with its header')
    width, height, depth, colour, compression, filtering, interlace = struct.unpack_from(
        '>IIBBBBB', data, 16
    )
    if depth not in _DEPTHS.get(colour, ()) or compression or filtering or interlace > 1:
        raise FrameError('the PNG is damaged: its header gives a format that does not exist')
    return PngHeader(height, width, colour in _GRAY)


def essential_png(data: bytes) -> bytes:
    """Return the PNG with only the chunks that make its pixels, each one's checksum verified.

    The others (animation, transparency, colour profiles, text, EXIF) only widen what a damaged
    or hostile file can do to a decoder, and make it print to the standard error.

    Raises:
        FrameError: the PNG is truncated or damaged.
    """
    view = memoryview(data)
    kept: list[memoryview | bytes] = [SIGNATURE]
    seen = set()
    start = len(SIGNATURE)
    for _ in range(_MAX_CHUNKS):
        if start + 12 > len(data):
            break
        (length,) = struct.unpack_from('>I', data, start)
        name = data[start + 4 : start + 8]
        end = start + 12 + length
        if end > len(data):
            break
        if name in _NEEDED:
            (checksum,) = struct.unpack_from('>I', data, end - 4)
            if zlib.crc32(view[start + 4 : end - 4]) != checksum:
                raise FrameError(f'the PNG is damaged: the checksum of {name.decode()} is wrong')
            kept.append(view[start:end])
            seen.add(name)
        elif not name.isalpha() or name[:1].isupper():
            raise FrameError('the PNG is damaged: it holds a chunk that no PNG has')
        if name == b'IEND':
            if b'IDAT' not in seen:
                raise FrameError('the PNG has no pixels: it holds no IDAT chunk')
            return b''.join(kept)
        start = end
    raise FrameError('the PNG is truncated: its end is missing')
