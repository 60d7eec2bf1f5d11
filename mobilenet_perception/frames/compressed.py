# SPDX-License-Identifier: Apache-2.0
"""A compressed camera message (sensor_msgs/CompressedImage: JPEG or PNG) becomes a frame."""

import cv2
import numpy as np
import numpy.typing as npt

from mobilenet_perception.errors import FrameError
from mobilenet_perception.frames import jpeg_png
from mobilenet_perception.frames.encodings import ENCODINGS, Packed
from mobilenet_perception.frames.frame import DEFAULT_LIMITS, Frame, Limits, RegionOfInterest
from mobilenet_perception.frames.image import highest_bits
from mobilenet_perception.frames.jpeg import decode_jpeg, imdecode
from mobilenet_perception.frames.messages import CompressedImageLike, view_bytes

_FLAGS = (cv2.IMREAD_COLOR, cv2.IMREAD_GRAYSCALE)
# The header of a UVC payload takes 2 to 12 bytes; drivers pad it.
_UVC_HEADER = 64
# An orientation is said among the first segments.
_EXIF_WITHIN = 65_536
_OTHER_FORMATS = {
    b'II*\0': 'TIFF', b'MM\0*': 'TIFF', b'GIF8': 'GIF', b'RIFF': 'WebP', b'BM': 'BMP',
    b'\x00\x00\x00\x0cjP': 'JPEG 2000', b'\xff\x4f\xff\x51': 'JPEG 2000',
    b'\x00\x00\x00\x01': 'H.264 or H.265', b'\x00\x00\x01': 'H.264 or H.265',
}  # fmt: skip


def decode_compressed(
    message: CompressedImageLike,
    min_height: int = 0,
    min_width: int = 0,
    roi: RegionOfInterest | None = None,
    limits: Limits = DEFAULT_LIMITS,
    significant_bits: int = 0,
) -> Frame:
    """Return the pixels of a JPEG or PNG message, a large JPEG at reduced scale.

    What the data is, its first bytes say; of `format` only two things are heeded: compressedDepth
    is refused, and a colourless image whose `format` starts with a Bayer encoding is a mosaic
    (compressed_image_transport compresses it as it is) and is interpolated. Other file formats
    are refused: their decoders are an attack surface that no camera needs. Alpha is ignored and
    16-bit samples become their high byte, as in `decode_image`. The EXIF orientation is ignored
    too, so that the frame agrees with the camera's region of interest and calibration.

    A JPEG is decoded at 1/2, 1/4 or 1/8 when the region keeps twice the network's input then,
    from where `crop_and_resize` averages. Keeping but once the input would save another 10 to
    25 % of the time and double the difference to the full scale (benchmarks/preprocessing.py).

    Args:
        message: anything shaped like sensor_msgs/CompressedImage.
        min_height: rows of the network's input, in pixels; 0 in both: full scale.
        min_width: columns of the network's input, in pixels.
        roi: the region that is looked at, in pixels of the camera; None: the whole frame.
        limits: the largest image taken, by its header, before it is decoded.
        significant_bits: of the samples of a 16-bit PNG, as in `decode_image`.

    Returns:
        The frame, `bgr` or `mono` (`rgb` from a mosaic); its `scale` tells the reduction.

    Raises:
        FrameError: the image is damaged, truncated, too large, or of another format.
    """
    if 'compresseddepth' in message.format.lower():
        raise FrameError(
            'the image is compressedDepth, which holds distances and no picture: '
            "subscribe to the camera's image topic instead"
        )
    data = view_bytes(message.data, limits).tobytes()
    mosaic = ENCODINGS.get(message.format.split(';')[0].strip())
    if not isinstance(mosaic, Packed) or mosaic.min_side == 1:
        return decode_bytes(data, min_height, min_width, roi, limits, significant_bits)
    frame = decode_bytes(data, limits=limits, significant_bits=significant_bits)
    if frame.order != 'mono' or mosaic.conversion is None:
        return frame
    if min(frame.height, frame.width) < mosaic.min_side:
        raise FrameError(f'a Bayer mosaic needs at least {mosaic.min_side} pixels a side')
    return Frame(cv2.cvtColor(frame.pixels, mosaic.conversion), 'rgb')  # type: ignore[arg-type]


def decode_bytes(
    data: bytes,
    min_height: int = 0,
    min_width: int = 0,
    roi: RegionOfInterest | None = None,
    limits: Limits = DEFAULT_LIMITS,
    significant_bits: int = 0,
    *,
    exif_orientation: bool = False,
) -> Frame:
    """Return the pixels of a JPEG or PNG file in memory, as `decode_compressed` does.

    Raises:
        FrameError: the image is damaged, truncated, too large, or of another format.
    """
    reduction = 1
    if data.startswith(jpeg_png.JPEG_SIGNATURE):
        header = jpeg_png.read_jpeg_header(data)
        limits.check_dimensions(header.height, header.width)
        reduction = _reduction(header, min_height, min_width, roi)
        pixels = decode_jpeg(data, header, reduction)
        if exif_orientation and b'Exif\0\0' in data[:_EXIF_WITHIN]:
            pixels = imdecode(data, _FLAGS[header.gray])
    elif data.startswith(jpeg_png.PNG_SIGNATURE):
        header = jpeg_png.read_png_header(data)
        limits.check_dimensions(header.height, header.width)
        pixels = decode_samples(
            jpeg_png.essential_png(data), _FLAGS[header.gray], significant_bits
        )
    else:
        raise FrameError(_unsupported(data))
    expected = {-(-side // reduction) for side in (header.height, header.width)}
    if pixels is None or set(pixels.shape[:2]) != expected:
        raise FrameError('the image is damaged: its pixels cannot be decoded')
    return Frame(pixels, 'mono' if header.gray else 'bgr', 1 / reduction)


def decode_samples(
    data: bytes, flags: int, significant_bits: int = 0
) -> npt.NDArray[np.uint8] | None:
    """Decode an image file in memory with OpenCV; of 16-bit samples take the highest 8 bits.

    Args:
        data: the whole file.
        flags: of OpenCV.
        significant_bits: of 16-bit samples, 8 to 16; 0: all.

    Returns:
        The pixels; None: OpenCV cannot decode it.
    """
    if significant_bits in (0, 16):
        return imdecode(data, flags)
    samples = imdecode(data, flags | cv2.IMREAD_ANYDEPTH)
    if samples is None or samples.dtype == np.uint8:
        return samples
    return highest_bits(samples.view(np.uint16), significant_bits)


def _reduction(
    header: jpeg_png.Header, min_height: int, min_width: int, roi: RegionOfInterest | None
) -> int:
    """Return the largest reduction that leaves the region twice what is asked for."""
    if min_height <= 0 and min_width <= 0:
        return 1
    height, width = header.height, header.width
    if roi is not None:
        height = min(height, roi.y + roi.height) - max(0, roi.y)
        width = min(width, roi.x + roi.width) - max(0, roi.x)
    needed_height, needed_width = (max(1, 2 * side) for side in (min_height, min_width))
    fitting = (n for n in (8, 4, 2) if height >= n * needed_height and width >= n * needed_width)
    return next(fitting, 1)


def jpeg_behind(data: bytes) -> str:
    """Say that a JPEG starts only behind a few other bytes; empty: none does."""
    start = data[:_UVC_HEADER].find(jpeg_png.JPEG_SIGNATURE)
    if start <= 0:
        return ''
    return (
        f'the JPEG has {start} bytes before it, such as the header of a USB payload: let the '
        'driver publish the JPEG alone'
    )


def _unsupported(data: bytes) -> str:
    if data[1:4] == jpeg_png.PNG_SIGNATURE[1:4]:
        return 'the PNG is damaged: its signature is wrong, as after a transfer as text'
    for signature, name in _OTHER_FORMATS.items():
        if data.startswith(signature):
            return f'the image is {name}: a compressed image must be JPEG or PNG'
    return jpeg_behind(data) or f'the image starts with {data[:4].hex(" ")}: it is no JPEG or PNG'
