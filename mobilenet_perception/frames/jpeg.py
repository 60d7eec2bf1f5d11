# SPDX-License-Identifier: Apache-2.0
"""The structure of a JPEG, checked before a decoder sees it (ITU-T T.81, annex B)."""

import struct
from typing import NamedTuple

from mobilenet_perception.errors import FrameError

SIGNATURE = b'\xff\xd8\xff'
_START_OF_IMAGE, _END_OF_IMAGE, _START_OF_SCAN = 0xD8, 0xD9, 0xDA
_STANDALONE = {0x01, *range(0xD0, 0xD8)}
_FRAME_HEADERS = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_HUFFMAN_DCT = (0xC0, 0xC1, 0xC2)
_SEQUENTIAL = (0xC0, 0xC1)
_MAX_SEGMENTS = 4096
# Encoders write 10 or so; each scan passes over all pixels again, so thousands would stall.
_MAX_SCANS = 64


class JpegHeader(NamedTuple):
    """What the header of a JPEG says: sides in pixels, and whether it has no colour."""

    height: int
    width: int
    gray: bool


def read_jpeg_header(data: bytes) -> JpegHeader:
    """Return the header of a JPEG, having checked that the file runs to its end.

    The entropy-coded pixels are not read: damage inside them stays unseen, as OpenCV gives no
    sign of it.

    Raises:
        FrameError: the JPEG is truncated, damaged, or of a kind that no camera sends.
    """
    header, sequential, scan = _walk(data)
    # OpenCV fills what is missing with grey, so that a cut frame would pass as whole. Cameras
    # and networks cut at the end; the last EOI must lie behind the first scan, for a thumbnail
    # has an end of its own.
    if data.rfind(b'\xff\xd9', scan) < 0:
        raise FrameError('the JPEG is truncated: its end marker is missing')
    # Two codes of one bit at least for each block of 8 x 8.
    if sequential and 4 * (len(data) - scan) < (header.height // 8) * (header.width // 8):
        raise FrameError(
            f'the JPEG is damaged: its {len(data)} bytes cannot hold the '
            f'{header.width}x{header.height} pixels that it claims'
        )
    if data.count(b'\xff\xda', scan) > _MAX_SCANS:
        raise FrameError(f'the JPEG has more than {_MAX_SCANS} scans, as no camera makes')
    return header


def _walk(data: bytes) -> tuple[JpegHeader, bool, int]:
    """Return the header, whether it is sequential, and where the first scan starts."""
    header: JpegHeader | None = None
    sequential = False
    position = 2
    for _ in range(_MAX_SEGMENTS):
        position = data.find(b'\xff', position)
        while 0 <= position < len(data) and data[position] == 0xFF:
            position += 1
        if not 0 <= position < len(data):
            break
        marker = data[position]
        position += 1
        if marker == 0 or marker in _STANDALONE:
            continue
        if marker in (_START_OF_IMAGE, _END_OF_IMAGE):
            raise FrameError('the JPEG is damaged: it ends before its pixels start')
        segment = _segment(data, position)
        if marker == _START_OF_SCAN:
            if header is None:
                raise FrameError('the JPEG is damaged: its pixels come before its header')
            return header, sequential, position
        if marker in _FRAME_HEADERS:
            if header is not None:
                raise FrameError('the JPEG is damaged: it has two headers')
            header = _frame_header(marker, segment)
            sequential = marker in _SEQUENTIAL
        position += 2 + len(segment)
    raise FrameError('the JPEG is truncated or damaged: its pixels are missing')


def _segment(data: bytes, start: int) -> bytes:
    """Return the segment whose length field is at `start`, without that field."""
    if start + 2 > len(data):
        raise FrameError('the JPEG is truncated within its header')
    (length,) = struct.unpack_from('>H', data, start)
    if length < 2 or start + length > len(data):
        raise FrameError('the JPEG is truncated or damaged within its header')
    return data[start + 2 : start + length]


def _frame_header(marker: int, segment: bytes) -> JpegHeader:
    if marker not in _HUFFMAN_DCT:
        raise FrameError('the JPEG is lossless, hierarchical or arithmetic-coded: unsupported')
    if len(segment) < 6:
        raise FrameError('the JPEG is damaged: its header is too short')
    precision, height, width, components = struct.unpack_from('>BHHB', segment)
    if precision != 8:
        raise FrameError(f'the JPEG has {precision} bits a sample, where 8 are supported')
    if components not in (1, 3, 4) or len(segment) != 6 + 3 * components:
        raise FrameError(f'the JPEG is damaged: its header claims {components} components')
    return JpegHeader(height, width, components == 1)
