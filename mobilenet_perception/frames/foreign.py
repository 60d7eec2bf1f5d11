# SPDX-License-Identifier: Apache-2.0
"""The foreign decoder: takes raw messages of encodings that are unknown here, if one is set.

Nodes and tools set cv_bridge, of which this room knows nothing.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from mobilenet_perception.errors import FrameError
from mobilenet_perception.frames.encodings import unknown_encoding
from mobilenet_perception.frames.frame import Frame, Limits
from mobilenet_perception.frames.messages import ImageLike, view_bytes

Decoder = Callable[[ImageLike], npt.NDArray[np.uint8] | None]
"""Returns (height, width, 3) uint8 BGR; None: it is not installed.

Raises FrameError: why it does not decode the message.
"""

_decoders: list[Decoder] = []


def set_foreign_decoder(decoder: Decoder | None) -> None:
    """Set what decodes encodings that are unknown here; None: nothing does."""
    _decoders[:] = [decoder] if decoder else []


def decode_foreign(message: ImageLike, limits: Limits) -> Frame:
    """Return the pixels of a raw message whose encoding is unknown here, if another knows it.

    Raises:
        FrameError: nobody knows it, or the message is malformed or too large.
    """
    limits.check_dimensions(message.height, message.width)
    view_bytes(message.data, limits)
    try:
        pixels = _decoders[0](message) if _decoders else None
    except FrameError as error:
        raise unknown_encoding(message.encoding, str(error)) from error
    if pixels is None:
        raise unknown_encoding(message.encoding)
    if pixels.dtype != np.uint8 or pixels.shape != (message.height, message.width, 3):
        raise unknown_encoding(message.encoding, 'decoded elsewhere, it gives no colour picture')
    return Frame(pixels, 'bgr')
