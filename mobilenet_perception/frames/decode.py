# SPDX-License-Identifier: Apache-2.0
"""Any camera message becomes a frame."""

from typing import cast

from mobilenet_perception.frames.compressed import decode_compressed
from mobilenet_perception.frames.frame import Frame, RegionOfInterest
from mobilenet_perception.frames.image import decode_image
from mobilenet_perception.frames.limits import DEFAULT_LIMITS, Limits
from mobilenet_perception.frames.messages import CompressedImageLike, ImageLike


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
