# SPDX-License-Identifier: Apache-2.0
"""JPEG becomes pixels by libjpeg-turbo, which says when data were lost on the way.

A camera's cable or a full buffer takes bytes out of the middle, and the end marker still comes.
Such a file decodes: what is missing is filled with one colour, what follows is moved or of another
hue. OpenCV hides the decoder's warnings; simplejpeg, which brings the same decoder, does not.
"""

import functools
import importlib
import re

import cv2
import numpy as np
import numpy.typing as npt

from mobilenet_perception.errors import FrameError
from mobilenet_perception.frames.jpeg_png import Header, has_sound_segments

UInt8Array = npt.NDArray[np.uint8]

# Reduction: OpenCV's flags for a decoded image with and without colour.
_FLAGS = {
    1: (cv2.IMREAD_COLOR, cv2.IMREAD_GRAYSCALE),
    2: (cv2.IMREAD_REDUCED_COLOR_2, cv2.IMREAD_REDUCED_GRAYSCALE_2),
    4: (cv2.IMREAD_REDUCED_COLOR_4, cv2.IMREAD_REDUCED_GRAYSCALE_4),
    8: (cv2.IMREAD_REDUCED_COLOR_8, cv2.IMREAD_REDUCED_GRAYSCALE_8),
}
# libjpeg's warnings of data that are lost or changed (jerror.h); the others are about headers.
_DAMAGE = ('Corrupt JPEG data', 'Premature end')
# Its errors where it meets something among the pixels that looks like a marker.
_BROKEN_OFF = ('Unsupported marker type', 'Unsupported JPEG process')
_EXTRA = re.compile(r'(\d+) extraneous bytes before marker 0x(\w\w)')
_SCAN, _END_OF_IMAGE = b'\xff\xda', b'\xff\xd9'


@functools.cache
def sees_damage() -> bool:
    """Say whether damage within a JPEG is noticed here; else only one that takes its end away."""
    try:
        importlib.import_module('simplejpeg')
    except Exception:  # it may be of another numpy, or its library be missing
        return False
    return True


def decode_jpeg(data: bytes, header: Header, reduction: int = 1) -> UInt8Array | None:
    """Return the pixels of a JPEG as they lie in the file, whatever its EXIF orientation.

    Args:
        data: the whole file; its structure has been checked.
        header: what it says of itself.
        reduction: 1, 2, 4 or 8: each side of the result is so much shorter, rounded up.

    Returns:
        (height, width, 3) uint8 BGR, or (height, width) where it has no colour; None where
        simplejpeg is not installed and OpenCV cannot decode it.

    Raises:
        FrameError: data are missing or changed.
    """
    flags = _FLAGS[reduction][header.gray] | cv2.IMREAD_IGNORE_ORIENTATION
    if not sees_damage():
        return imdecode(data, flags)
    try:
        return _decode(data, header, reduction, strict=True)
    except ValueError as error:
        warning = str(error)
    if warning.startswith(_BROKEN_OFF):
        raise FrameError(f'the JPEG is damaged: data within it are lost or changed ({warning})')
    try:
        pixels = _decode(data, header, reduction, strict=False)
    except ValueError:
        # It also gives up on what concerns no pixel, such as a colour profile in pieces.
        return imdecode(data, flags)
    if _is_damage(data, warning):
        raise FrameError(f'the JPEG is damaged: {_where(pixels, reduction, header, warning)}')
    return pixels


def imdecode(data: bytes, flags: int) -> UInt8Array | None:
    """Decode an image file in memory with OpenCV; None: it cannot."""
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error:
        return None
    return pixels  # type: ignore[return-value]


def _decode(data: bytes, header: Header, reduction: int, strict: bool) -> UInt8Array:
    import simplejpeg  # noqa: PLC0415

    pixels: UInt8Array = simplejpeg.decode_jpeg(
        data,
        'GRAY' if header.gray else 'BGR',
        min_height=-(-header.height // reduction),
        min_width=-(-header.width // reduction),
        min_factor=reduction,
        strict=strict,
    )
    return pixels[..., 0] if header.gray else pixels


def _is_damage(data: bytes, warning: str) -> bool:
    if not warning.startswith(_DAMAGE):
        return False
    extra = _EXTRA.search(warning)
    if extra is None:
        return True
    marker = bytes.fromhex(f'ff{extra[2]}')
    if marker == _END_OF_IMAGE:
        end = data.rfind(marker)
        filling = data[end - int(extra[1]) : end]
        return bool(filling.strip(b'\0') and filling.strip(b'\xff'))
    # Before the first scan they are of a header, which pixels do without; behind it, of pixels.
    if b'\xff\xd0' <= marker <= b'\xff\xd7':
        return marker not in data[: data.find(_SCAN)]
    return has_sound_segments(data)


def _where(pixels: UInt8Array, reduction: int, header: Header, warning: str) -> str:
    """Say where the damage is: the decoder fills all that is missing with one colour."""
    rows = pixels.reshape(pixels.shape[0], pixels.shape[1], -1)
    differ = np.flatnonzero((rows != rows[-1, -1]).any(axis=(1, 2)))
    last = reduction * (int(differ[-1]) + 1) if differ.size else 0
    if last < header.height:
        return f'its pixels end after {last} of {header.height} rows ({warning})'
    return f'data within it are lost or changed ({warning})'
