# SPDX-License-Identifier: Apache-2.0
"""The structure of a JPEG and of a PNG, checked before a decoder sees it.

Sources: ITU-T T.81, annex B; W3C, PNG Specification, 3rd edition.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from mobilenet_perception.errors import FrameError

JPEG_SIGNATURE = b'\xff\xd8\xff'
_START_OF_IMAGE, _END_OF_IMAGE, _START_OF_SCAN = 0xD8, 0xD9, 0xDA
_HUFFMAN_TABLES = 0xC4
_END_OF_BLOCK, _STANDARD_SYMBOL = 0x00, 0x01
# So long a run of zeros is 30 coefficients or more.
_ZEROS = bytes(16)
_STANDALONE = {0x01, *range(0xD0, 0xD8)}
_FRAME_HEADERS = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_HUFFMAN_DCT = (0xC0, 0xC1, 0xC2)
_SEQUENTIAL = (0xC0, 0xC1)
_MAX_SEGMENTS = 4096
# Encoders write 10 or so; each scan passes over all pixels again, so thousands would stall.
_MAX_SCANS = 64

PNG_SIGNATURE = b'\x89PNG\r\n\x1a\n'
_PNG_CHUNKS = (b'IHDR', b'PLTE', b'IDAT', b'IEND')
_MAX_CHUNKS = 65_536
# Colour type: the bit depths that it may have.
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_GRAY = (0, 4)


class Header(NamedTuple):
    """What the header of a file says: sides in pixels, whether it has no colour, bits a sample."""

    height: int
    width: int
    gray: bool
    bits: int = 8


def read_jpeg_header(data: bytes) -> Header:
    """Return the header of a JPEG, having checked that the file runs to its end.

    The entropy-coded pixels are not read: damage inside them is for the decoder to notice.

    Raises:
        FrameError: the JPEG is truncated, damaged, or of a kind that no camera sends.
    """
    structure = _structure(data)
    header, scan = structure.header, structure.scan
    # OpenCV fills what is missing with grey, so that a cut frame would pass as whole. Cameras
    # and networks cut at the end; the last EOI must lie behind the first scan, for a thumbnail
    # has an end of its own.
    if data.rfind(b'\xff\xd9', scan) < 0:
        raise FrameError('the JPEG is truncated: its end marker is missing')
    # Two codes of one bit at least for each block of 8 x 8.
    if structure.sequential and 4 * (len(data) - scan) < (header.height // 8) * (
        header.width // 8
    ):
        raise FrameError(
            f'the JPEG is damaged: its {len(data)} bytes cannot hold the '
            f'{header.width}x{header.height} pixels that it claims'
        )
    if structure.sequential:
        _check_zeros(data, structure)
    if data.count(b'\xff\xda', scan) > _MAX_SCANS:
        raise FrameError(f'the JPEG has more than {_MAX_SCANS} scans, as no camera makes')
    return header


class _Segment(NamedTuple):
    """A segment before the pixels.

    Attributes:
        marker: its second byte, such as 0xDA.
        content: its bytes behind the length field.
        start: where its length field is.
        apart: bytes that belong to nothing lie before it.
    """

    marker: int
    content: bytes
    start: int
    apart: bool


class _Structure(NamedTuple):
    """What the segments before the pixels say.

    Attributes:
        header: of the file.
        sequential: whether each pixel is coded in one scan.
        tables: the Huffman tables' segments.
        scan: where the first scan starts.
        sound: whether the segments are one behind the other.
    """

    header: Header
    sequential: bool
    tables: list[bytes]
    scan: int
    sound: bool


def has_sound_segments(data: bytes) -> bool:
    """Say whether the segments before a JPEG's pixels are one behind the other, and none is cut.

    Raises:
        FrameError: they end before the pixels.
    """
    return not any(segment.apart for segment in _segments(data))


def _segments(data: bytes) -> Iterator[_Segment]:
    """Yield the segments of a JPEG up to that of its first scan, over whatever lies between.

    Raises:
        FrameError: they end before that, or one is cut.
    """
    position = end = 2
    for _ in range(_MAX_SEGMENTS):
        position = data.find(b'\xff', position)
        apart = position != end
        while 0 <= position < len(data) and data[position] == 0xFF:
            position += 1  # any number of these may stand before a marker
        if not 0 <= position < len(data):
            break
        marker = data[position]
        position += 1
        if marker == 0 or marker in _STANDALONE:
            continue
        if marker in (_START_OF_IMAGE, _END_OF_IMAGE):
            raise FrameError('the JPEG is damaged: it ends before its pixels start')
        content = _content(data, position)
        yield _Segment(marker, content, position, apart)
        if marker == _START_OF_SCAN:
            return
        position = end = position + 2 + len(content)
    raise FrameError('the JPEG is truncated or damaged: its pixels are missing')


def _structure(data: bytes) -> _Structure:
    header: Header | None = None
    sequential, sound, scan = False, True, 0
    tables: list[bytes] = []
    for marker, content, start, apart in _segments(data):
        sound = sound and not apart
        scan = start
        if marker == _HUFFMAN_TABLES:
            tables.append(content)
        elif marker in _FRAME_HEADERS:
            if header is not None:
                raise FrameError('the JPEG is damaged: it has two headers')
            header = _frame_header(marker, content)
            sequential = marker in _SEQUENTIAL
    if header is None:
        raise FrameError('the JPEG is damaged: its pixels come before its header')
    return _Structure(header, sequential, tables, scan, sound)


def _check_zeros(data: bytes, structure: _Structure) -> None:
    """Raise FrameError where pixels of a sequential JPEG were zeroed.

    Bits of zero are codes as well, so that a decoder says nothing. But unless the first code of
    the table is the end of a block, as of flat pictures, they stand for coefficients of -1 by the
    dozen, which no picture has.
    """
    scan = structure.scan
    start = data.find(_ZEROS, scan)
    end = data.find(b'\xff\xd9', scan)
    if start < 0 or start > end or not data[start:end].strip(b'\0'):
        return  # none, or padding
    if data.find(b'\xff\xda', scan) >= 0:
        return  # scans of one component: flat colours are zeros
    if not structure.sound:
        return  # a table may be missing
    if any(symbol != _END_OF_BLOCK for symbol in _first_symbols(structure.tables)):
        size = len(data[start:end]) - len(data[start:end].lstrip(b'\0'))
        raise FrameError(
            f'the JPEG is damaged: {size} bytes of its pixels are zero, from byte {start} of '
            f'{len(data)} on'
        )


def _first_symbols(tables: Iterable[bytes]) -> list[int]:
    """Return the symbol of the shortest code of each Huffman table for AC coefficients.

    Without a table they are the standard's own.
    """
    found: list[int] = []
    for content in tables:
        table = 0
        while table + 17 < len(content):
            if content[table] >> 4:
                found.append(content[table + 17])
            table += 17 + sum(content[table + 1 : table + 17])
    return found or [_STANDARD_SYMBOL]


def _content(data: bytes, start: int) -> bytes:
    """Return the segment whose length field is at `start`, without that field."""
    if start + 2 > len(data):
        raise FrameError('the JPEG is truncated within its header')
    (length,) = struct.unpack_from('>H', data, start)
    if length < 2 or start + length > len(data):
        raise FrameError('the JPEG is truncated or damaged within its header')
    return data[start + 2 : start + length]


def _frame_header(marker: int, segment: bytes) -> Header:
    if marker not in _HUFFMAN_DCT:
        raise FrameError('the JPEG is lossless, hierarchical or arithmetic-coded: unsupported')
    if len(segment) < 6:
        raise FrameError('the JPEG is damaged: its header is too short')
    precision, height, width, components = struct.unpack_from('>BHHB', segment)
    if precision != 8:
        raise FrameError(f'the JPEG has {precision} bits a sample, where 8 are supported')
    if components not in (1, 3, 4) or len(segment) != 6 + 3 * components:
        raise FrameError(f'the JPEG is damaged: its header claims {components} components')
    return Header(height, width, components == 1)


def read_png_header(data: bytes) -> Header:
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
    return Header(height, width, colour in _GRAY, depth)


def essential_png(data: bytes) -> bytes:
    """Return the PNG with only the chunks that make its pixels, each one's checksum verified.

    The others (animation, transparency, colour profiles, text, EXIF) only widen what a damaged
    or hostile file can do to a decoder, and make it print to the standard error.

    Raises:
        FrameError: the PNG is truncated or damaged.
    """
    view = memoryview(data)
    kept: list[memoryview | bytes] = [PNG_SIGNATURE]
    seen = set()
    start = len(PNG_SIGNATURE)
    for _ in range(_MAX_CHUNKS):
        if start + 12 > len(data):
            break
        (length,) = struct.unpack_from('>I', data, start)
        name = data[start + 4 : start + 8]
        end = start + 12 + length
        if end > len(data):
            break
        if name in _PNG_CHUNKS:
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
