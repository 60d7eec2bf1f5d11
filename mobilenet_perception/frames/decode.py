# SPDX-License-Identifier: Apache-2.0
"""Any camera message, and any image file, becomes a frame."""

from pathlib import Path
from typing import cast

import cv2

from mobilenet_perception.errors import FrameError
from mobilenet_perception.frames.compressed import decode_bytes, decode_compressed, imdecode
from mobilenet_perception.frames.dimensions import file_dimensions
from mobilenet_perception.frames.frame import (
    DEFAULT_LIMITS,
    Frame,
    Limits,
    RegionOfInterest,
    check_dimensions,
    check_size,
)
from mobilenet_perception.frames.image import decode_image
from mobilenet_perception.frames.jpeg_png import JPEG_SIGNATURE, PNG_SIGNATURE
from mobilenet_perception.frames.messages import CompressedImageLike, ImageLike

SUFFIXES = frozenset(
    {'.jpg', '.jpeg', '.png', '.bmp', '.webp', '.tif', '.tiff', '.pgm', '.ppm', '.pbm'}
)
"""Names of the files that `decode_file` takes, in lower case; the content decides, though."""


def decode(
    message: ImageLike | CompressedImageLike,
    min_height: int = 0,
    min_width: int = 0,
    roi: RegionOfInterest | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Frame:
    """Return the pixels of a raw or compressed message, told apart by their fields.

    The arguments are those of `decode_compressed`; a raw message is always at full scale.

    Raises:
        FrameError: the message is malformed, too large, or of an unsupported format.
    """
    if hasattr(message, 'encoding'):
        return decode_image(cast(ImageLike, message), limits)
    return decode_compressed(message, min_height, min_width, roi, limits)


def decode_file(path: str | Path, limits: Limits = DEFAULT_LIMITS) -> Frame:
    """Return the pixels of an image file.

    JPEG and PNG go through the decoder of camera messages, at full scale; BMP, WebP, TIFF and
    PBM/PGM/PPM through OpenCV. Unlike a camera message, a JPEG is turned upright by its EXIF
    orientation: photographs of a telephone are shown so to the person who labels them.

    Raises:
        FrameError: the file cannot be read, is damaged, too large, or of another format.
    """
    path = Path(path)
    try:
        check_size(path.stat().st_size, limits)
        data = path.read_bytes()
    except OSError as error:
        raise FrameError(f'{path}: cannot be read: {error.strerror}') from error
    except FrameError as error:
        raise FrameError(f'{path}: {error}') from error
    try:
        if data.startswith((JPEG_SIGNATURE, PNG_SIGNATURE)):
            return decode_bytes(data, limits=limits, exif_orientation=True)
        return _decode_other(data, limits)
    except FrameError as error:
        raise FrameError(f'{path}: {error}') from error


def _decode_other(data: bytes, limits: Limits) -> Frame:
    dimensions = file_dimensions(data)
    if dimensions is None:
        raise FrameError(
            'no image that can be read: give JPEG, PNG, BMP, WebP, TIFF or PBM/PGM/PPM'
        )
    check_dimensions(*dimensions, limits)
    pixels = imdecode(data, cv2.IMREAD_COLOR)
    if pixels is None or set(pixels.shape[:2]) != set(dimensions):
        raise FrameError('the image is damaged, or of a kind that OpenCV does not read')
    return Frame(pixels, 'bgr')
