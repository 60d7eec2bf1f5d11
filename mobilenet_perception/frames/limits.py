# SPDX-License-Identifier: Apache-2.0
"""Limits on what a frame may claim to be, checked before any memory is taken for it."""

from typing import NamedTuple

from mobilenet_perception.errors import FrameError


class Limits(NamedTuple):
    """The largest frame that is decoded; what is larger is refused with a reason.

    The defaults let an 8K panorama (7680x4320) pass.

    Attributes:
        max_pixels: rows times columns, as the header claims them.
        max_side: rows or columns, in pixels.
        max_bytes: size of the message's data, or of the file, in bytes.
    """

    max_pixels: int = 40_000_000
    max_side: int = 16_384
    max_bytes: int = 256 * 1024 * 1024


DEFAULT_LIMITS = Limits()


def check_dimensions(height: int, width: int, limits: Limits) -> None:
    """Raise FrameError unless height and width, in pixels, are within the limits."""
    if height < 1 or width < 1:
        raise FrameError(f'the image is {width}x{height} pixels: it has no pixels to look at')
    if height > limits.max_side or width > limits.max_side or height * width > limits.max_pixels:
        raise FrameError(
            f'the image claims {width}x{height} pixels, above the limit of {limits.max_pixels} '
            f'pixels and {limits.max_side} a side: its header is wrong or the camera too large'
        )


def check_size(size: int, limits: Limits) -> None:
    """Raise FrameError unless `size`, in bytes, is within the limits and above zero."""
    if size < 1:
        raise FrameError('the image has no data: the driver published an empty message')
    if size > limits.max_bytes:
        raise FrameError(
            f'the image has {size} bytes of data, above the limit of {limits.max_bytes} bytes'
        )
