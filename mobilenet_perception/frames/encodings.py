# SPDX-License-Identifier: Apache-2.0
"""The pixel formats of sensor_msgs/Image that are understood, and what becomes of each."""

import difflib
from typing import NamedTuple

import cv2

from mobilenet_perception.errors import FrameError
from mobilenet_perception.frames.frame import PixelOrder


class Packed(NamedTuple):
    """A format whose pixels lie one after another in one plane.

    Attributes:
        channels: samples a pixel.
        order: what the channels are, once decoded.
        sample_bytes: bytes a sample, 1 or 2.
        conversion: OpenCV's conversion to `order`; None: the samples are the channels.
        multiple: the width must be a multiple of this.
        min_side: the least height and width, in pixels.
    """

    channels: int
    order: PixelOrder
    sample_bytes: int = 1
    conversion: int | None = None
    multiple: int = 1
    min_side: int = 1


class SemiPlanar(NamedTuple):
    """A luma plane followed by a plane of interleaved chroma.

    Attributes:
        subsampling: luma pixels per chroma pixel, along rows and along columns.
        conversion: OpenCV's conversion to RGB; None: it has none (4:4:4).
    """

    subsampling: int
    conversion: int | None = None


# OpenCV names a Bayer pattern after the second and third pixel of the second row, ROS after
# the first two of both rows: RGGB there is BayerBG here. The names that agree with ROS
# (COLOR_BayerRGGB2RGB) are newer than the OpenCV of Ubuntu 22.04.
_BAYER = {
    'rggb': cv2.COLOR_BayerBG2RGB,
    'bggr': cv2.COLOR_BayerRG2RGB,
    'gbrg': cv2.COLOR_BayerGR2RGB,
    'grbg': cv2.COLOR_BayerGB2RGB,
}

_CV_BRIDGE = (
    'cv_bridge decodes others where it is installed (apt install ros-$ROS_DISTRO-cv-bridge)'
)
_UYVY = Packed(2, 'rgb', conversion=cv2.COLOR_YUV2RGB_UYVY, multiple=2)
_YUYV = Packed(2, 'rgb', conversion=cv2.COLOR_YUV2RGB_YUYV, multiple=2)

ENCODINGS: dict[str, Packed | SemiPlanar] = {
    'rgb8': Packed(3, 'rgb'),
    'bgr8': Packed(3, 'bgr'),
    'rgba8': Packed(4, 'rgba'),
    'bgra8': Packed(4, 'bgra'),
    'mono8': Packed(1, 'mono'),
    # OpenCV's types carry no meaning; as cv_bridge does, three channels are taken as BGR.
    '8UC1': Packed(1, 'mono'),
    '8UC3': Packed(3, 'bgr'),
    '8UC4': Packed(4, 'bgra'),
    'rgb16': Packed(3, 'rgb', 2),
    'bgr16': Packed(3, 'bgr', 2),
    'rgba16': Packed(4, 'rgba', 2),
    'bgra16': Packed(4, 'bgra', 2),
    'mono16': Packed(1, 'mono', 2),
    '16UC1': Packed(1, 'mono', 2),
    '16UC3': Packed(3, 'bgr', 2),
    '16UC4': Packed(4, 'bgra', 2),
    **{
        # Below 3x3 OpenCV has no neighbours to interpolate from, and paints black.
        f'bayer_{pattern}{8 * size}': Packed(1, 'rgb', size, conversion, min_side=3)
        for pattern, conversion in _BAYER.items()
        for size in (1, 2)
    },
    'uyvy': _UYVY,
    'yuv422': _UYVY,
    'yuyv': _YUYV,
    'yuv422_yuy2': _YUYV,
    'nv12': SemiPlanar(2, cv2.COLOR_YUV2RGB_NV12),
    'nv21': SemiPlanar(2, cv2.COLOR_YUV2RGB_NV21),
    'nv24': SemiPlanar(1),
}


def unknown_encoding(name: str, others: str = _CV_BRIDGE) -> FrameError:
    """Return the refusal of an encoding that is not in `ENCODINGS`; the known ones are listed.

    Args:
        name: as the message has it.
        others: who might decode it.
    """
    shown = name if len(name) <= 40 else name[:40] + '...'
    near = difflib.get_close_matches(shown.lower(), ENCODINGS, n=1)
    hint = f'did you mean {near[0]!r}? ' if near else ''
    return FrameError(
        f'the encoding {shown!r} is not supported: {hint}known ones are {", ".join(ENCODINGS)}; '
        f'{others}'
    )
