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


GOOD = RawMessage(4, 6, 'rgb8', 18, bytes(72))
# What drivers get wrong of it, and what is said; None: it is taken.
MALFORMED: list[tuple[dict[str, object], str | None]] = [
    ({'data': b''}, 'no data'),
    ({'data': bytes(71)}, 'truncated: 71 bytes'),
    ({'data': bytes(73)}, 'too long: 73 bytes'),
    ({'step': 17}, 'a row takes 18'),
    ({'step': 0}, 'a row takes 18'),
    ({'step': 2**32 - 1}, 'truncated'),
    ({'height': 0}, 'no pixels'),
    ({'width': 0}, 'no pixels'),
    ({'height': 2**32 - 1}, 'above the limit'),
    ({'width': 2**32 - 1, 'height': 2**32 - 1}, 'above the limit'),
    ({'width': 16_385}, 'above the limit'),
    ({'encoding': 'RGB8'}, "did you mean 'rgb8'"),
    ({'encoding': 'rgb'}, "did you mean 'rgb8'"),
    ({'encoding': ''}, 'known ones are rgb8, bgr8'),
    ({'encoding': '32FC1'}, 'not supported'),
    ({'encoding': 'x' * 10_000}, 'xxx...'),
    ({'encoding': 'bayer_rggb8', 'height': 36, 'width': 2, 'step': 2}, 'at least 3 pixels'),
    ({'encoding': 'uyvy', 'width': 9}, 'a width that 2 divides'),
    ({'encoding': 'yuyv', 'width': 9}, 'a width that 2 divides'),
    ({'encoding': 'nv12', 'width': 9, 'step': 9}, 'an even width and height'),
    ({'encoding': 'nv21', 'height': 3}, 'an even width and height'),
    ({'encoding': 'nv12', 'width': 10}, 'truncated, or its driver'),
    ({'encoding': 'nv24', 'step': 5}, None),
    ({'encoding': 'nv24', 'width': 8, 'step': 6}, 'truncated, or its driver'),
    ({'data': [1, 2]}, 'no run of bytes|truncated'),
    ({'data': np.zeros((6, 24), np.uint8)[:, ::2]}, 'no run of bytes'),
]


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
