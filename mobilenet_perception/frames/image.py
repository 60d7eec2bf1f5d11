# SPDX-License-Identifier: Apache-2.0
"""A raw camera message (sensor_msgs/Image) becomes a frame."""

import cv2
import numpy as np
import numpy.typing as npt

from mobilenet_perception.errors import FrameError
from mobilenet_perception.frames.encodings import ENCODINGS, Packed, SemiPlanar
from mobilenet_perception.frames.foreign import decode_foreign
from mobilenet_perception.frames.frame import DEFAULT_LIMITS, Frame, Limits
from mobilenet_perception.frames.messages import ImageLike, view_bytes

UInt8Array = npt.NDArray[np.uint8]
UInt16Array = npt.NDArray[np.uint16]

# ITU-R BT.601, limited range: RGB = M (YCbCr - (16, 128, 128)), as one affine map.
_BT601 = np.array(
    [
        [1.164384, 0.0, 1.596027],
        [1.164384, -0.391762, -0.812968],
        [1.164384, 2.017232, 0.0],
    ]
)
_BT601_AFFINE = np.hstack([_BT601, -_BT601 @ np.array([[16.0], [128.0], [128.0]])])

SIGNIFICANT_BITS = (0, *range(8, 17))
"""Bits that 16-bit samples may be said to use; 0: all."""


def decode_image(
    message: ImageLike, limits: Limits = DEFAULT_LIMITS, significant_bits: int = 0
) -> Frame:
    """Return the pixels of a raw message; 8-bit interleaved ones as a view of its data.

    16-bit samples (mono16, 16UC1, rgb16, bayer_rggb16, ...) become their high byte: the same for
    every frame, whatever it shows, and the same as a 16-bit PNG of that image decodes to. So
    samples are taken to use all 16 bits, as REP 118 has it, unless `significant_bits` says how
    many of the lower ones the sensor fills. 16UC1, if it holds depth in millimetres, is no
    picture, and gets no scale of its own.

    An encoding that is not among `ENCODINGS` is left to cv_bridge, in the node and the tools.

    YUV is BT.601, limited range (luma 16 to 235), as cameras on V4L2 give it. Alpha is ignored.

    Args:
        message: anything shaped like sensor_msgs/Image; `ENCODINGS` lists what it may hold.
        limits: the largest image taken.
        significant_bits: of 16-bit samples, 8 to 16: the highest 8 of these become the pixel, and
            larger samples white; 0: all 16.

    Returns:
        The frame, at scale 1. Its pixels may be read-only, and are the message's own memory.

    Raises:
        FrameError: the message is malformed, too large, or of an unknown encoding.
    """
    encoding = ENCODINGS.get(message.encoding)
    if encoding is None:
        return decode_foreign(message, limits)
    height, width, step = message.height, message.width, message.step
    limits.check_dimensions(height, width)
    data = view_bytes(message.data, limits)
    if not isinstance(encoding, Packed):
        return _decode_semi_planar(
            data, message.encoding, encoding, height=height, width=width, step=step
        )
    if width % encoding.multiple or min(height, width) < encoding.min_side:
        raise FrameError(
            f'the image of {width}x{height} pixels cannot be {message.encoding}: that needs at '
            f'least {encoding.min_side} pixels a side and a width that {encoding.multiple} divides'
        )
    row = width * encoding.channels * encoding.sample_bytes
    _check_rows(message, row, data.size)
    rows = data.reshape(height, step)[:, :row]
    if encoding.sample_bytes == 2:
        rows = _to_8_bits(rows, bool(message.is_bigendian), significant_bits or 16)
    shape = (height, width) if encoding.channels == 1 else (height, width, encoding.channels)
    pixels = rows.reshape(shape)
    if encoding.conversion is not None:
        pixels = cv2.cvtColor(pixels, encoding.conversion)  # type: ignore[assignment]
    return Frame(pixels, encoding.order)


def _check_rows(message: ImageLike, row: int, size: int) -> None:
    """Raise FrameError unless `step` holds a row and `data` holds all rows (sizes in bytes)."""
    what = f'{message.width}x{message.height} {message.encoding}'
    if message.step < row:
        raise FrameError(
            f'the image of {what} has a step of {message.step} bytes, but a row takes {row}: '
            'the driver fills in its messages wrongly'
        )
    expected = message.step * message.height
    if size != expected:
        state = 'truncated' if size < expected else 'too long'
        raise FrameError(
            f'the image of {what} is {state}: {size} bytes of data, where step x height is '
            f'{message.step} x {message.height} = {expected}'
        )


def _to_8_bits(rows: UInt8Array, big_endian: bool, significant_bits: int) -> UInt8Array:
    """Return the highest 8 significant bits of each 16-bit sample: (h, 2 n) becomes (h, n)."""
    if significant_bits < 16:
        return highest_bits(view_samples(rows, big_endian), significant_bits)
    samples = rows.reshape(rows.shape[0], -1, 2)
    # Twice as fast as numpy's strided copy.
    return cv2.extractChannel(samples, 0 if big_endian else 1)  # type: ignore[return-value]


def view_samples(rows: UInt8Array, big_endian: bool) -> UInt16Array:
    """View (h, 2 n) bytes as (h, n) samples of 16 bits."""
    return rows.view('>u2' if big_endian else '<u2')


def highest_bits(samples: UInt16Array, significant_bits: int) -> UInt8Array:
    """Return the highest 8 of so many bits, 8 to 16; of larger samples 255."""
    shifted = samples >> (significant_bits - 8)
    pixels: UInt8Array = np.minimum(shifted, 255, out=shifted).astype(np.uint8)
    return pixels


def _decode_semi_planar(
    data: UInt8Array, name: str, encoding: SemiPlanar, *, height: int, width: int, step: int
) -> Frame:
    """Return the RGB frame of a semi-planar YUV image, BT.601 limited range.

    Drivers disagree on `step`. Two layouts are taken: `step` as the stride of the luma plane
    (V4L2, libcamera, image_encodings.hpp since 2025), and planes without padding whatever `step`
    says (publishers that reckon it from the number of channels).

    Args:
        data: (size,) the bytes of the message.
        name: name of the encoding, for the error.
        encoding: which of the three it is.
        height: rows of luma, in pixels.
        width: columns of luma, in pixels.
        step: the message's step, in bytes.

    Raises:
        FrameError: an odd side where chroma is subsampled, or a size that fits neither layout.
    """
    if height % encoding.subsampling or width % encoding.subsampling:
        raise FrameError(
            f'the image of {width}x{height} pixels cannot be {name}: its chroma is subsampled, '
            'which needs an even width and height'
        )
    stride = next((s for s in (step, width) if _size(encoding, height, s) == data.size), 0)
    if stride < width:
        raise FrameError(
            f'the image of {width}x{height} {name} has {data.size} bytes of data and a step of '
            f'{step}, where {_size(encoding, height, max(step, width))} bytes were expected: it '
            'is truncated, or its driver fills in its messages wrongly'
        )
    if encoding.conversion is None:
        return _decode_444(data, height, width, stride)
    planes = data.reshape(-1, stride)[:, :width]
    rgb: UInt8Array = cv2.cvtColor(planes, encoding.conversion)  # type: ignore[assignment]
    return Frame(rgb, 'rgb')


def _size(encoding: SemiPlanar, height: int, stride: int) -> int:
    """Bytes of both planes, the luma plane having that stride."""
    luma = height * stride
    return luma + 2 * luma // encoding.subsampling**2


def _decode_444(data: UInt8Array, height: int, width: int, stride: int) -> Frame:
    luma_size = height * stride
    luma = data[:luma_size].reshape(height, stride)[:, :width]
    chroma = data[luma_size:].reshape(height, 2 * stride)[:, : 2 * width]
    yuv = cv2.merge([luma, *cv2.split(chroma.reshape(height, width, 2))])
    rgb: UInt8Array = cv2.transform(yuv, _BT601_AFFINE)  # type: ignore[assignment]
    return Frame(rgb, 'rgb')
