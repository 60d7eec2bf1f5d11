# SPDX-License-Identifier: Apache-2.0
"""NV12, NV21 and NV24: a luma plane, then a plane of interleaved chroma, become RGB."""

import cv2
import numpy as np
import numpy.typing as npt

from mobilenet_perception.errors import FrameError
from mobilenet_perception.frames.encodings import SemiPlanar
from mobilenet_perception.frames.frame import Frame

UInt8Array = npt.NDArray[np.uint8]

# ITU-R BT.601, limited range: RGB = M (YCbCr - (16, 128, 128)), as one affine map.
_BT601 = np.array(
    [
        [1.164384, 0.0, 1.596027],
        [1.164384, -0.391762, -0.812968],
        [1.164384, 2.017232, 0.0],
    ]
)
_BT601_AFFINE = np.hstack([_BT601, -_BT601 @ np.array([[16.0], [128.0], [128.0]])])


def decode_semi_planar(
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
