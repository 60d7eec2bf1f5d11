# SPDX-License-Identifier: Apache-2.0
"""Raw messages for the tests, and what they must decode to, written in plain numpy."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

UInt8Array = npt.NDArray[np.uint8]


class RawMessage(NamedTuple):
    """Shaped like sensor_msgs/Image."""

    height: int
    width: int
    encoding: str
    step: int
    data: bytes
    is_bigendian: int = 0


class CompressedMessage(NamedTuple):
    """Shaped like sensor_msgs/CompressedImage."""

    data: bytes
    format: str = 'jpeg'


def raw_message(rows: UInt8Array, width: int, encoding: str, padding: int = 0) -> RawMessage:
    """Pack (height, row bytes) into a message, each row followed by bytes of rubbish."""
    rubbish = np.full((rows.shape[0], padding), 0xA5, np.uint8)
    padded = np.hstack([rows, rubbish])
    return RawMessage(rows.shape[0], width, encoding, padded.shape[1], padded.tobytes())


def bt601(luma: UInt8Array, cb: UInt8Array, cr: UInt8Array) -> npt.NDArray[np.float64]:
    """ITU-R BT.601, limited range: three (h, w) planes become (h, w, 3) RGB, unrounded."""
    y = (luma.astype(np.float64) - 16) * 255 / 219
    b = (cb.astype(np.float64) - 128) * 255 / 224
    r = (cr.astype(np.float64) - 128) * 255 / 224
    rgb = [
        y + 2 * (1 - 0.299) * r,
        y - 2 * (1 - 0.114) * 0.114 / 0.587 * b - 2 * (1 - 0.299) * 0.299 / 0.587 * r,
        y + 2 * (1 - 0.114) * b,
    ]
    return np.clip(np.stack(rgb, axis=-1), 0, 255)
