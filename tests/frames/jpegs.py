# SPDX-License-Identifier: Apache-2.0
"""JPEGs of every kind that cameras send, and what becomes of them on the way."""

import functools
import re
from collections.abc import Callable

import cv2
import numpy as np

from tests.frames.raw import UInt8Array

SCAN = b'\xff\xda'
END = b'\xff\xd9'


@functools.cache
def street(height: int = 480, width: int = 640, channels: int = 3) -> UInt8Array:
    """A picture with detail everywhere, as a camera gives."""
    rng = np.random.default_rng(3)
    coarse = rng.integers(0, 256, (height // 16, width // 16, channels), np.uint8)
    image = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    noise = rng.normal(0, 6, (height, width, channels))
    picture = np.clip(image.reshape(height, width, channels) + noise, 0, 255).astype(np.uint8)
    picture.flags.writeable = False
    return picture


def encoded(*options: int, image: UInt8Array | None = None) -> bytes:
    return cv2.imencode('.jpg', street() if image is None else image, list(options))[1].tobytes()


def without_huffman_tables(data: bytes) -> bytes:
    """Take the tables out, as UVC cameras do: they are the standard's own."""
    found = re.search(rb'\xff\xc4', data)
    while found:
        start = found.start()
        length = int.from_bytes(data[start + 2 : start + 4], 'big')
        data = data[:start] + data[start + 2 + length :]
        found = re.search(rb'\xff\xc4', data[: data.index(SCAN)])
    return data


def cut_off(data: bytes, kept: float) -> bytes:
    """Return a JPEG with a share of its pixels, 0 to 1, and its end marker."""
    start = data.index(SCAN)
    return data[: start + round(kept * (len(data) - start))].removesuffix(b'\xff') + END


_MADE: dict[str, Callable[[], bytes]] = {
    'baseline': encoded,
    'progressive': lambda: encoded(cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
    'restart markers': lambda: encoded(cv2.IMWRITE_JPEG_RST_INTERVAL, 4),
    'optimised': lambda: encoded(cv2.IMWRITE_JPEG_OPTIMIZE, 1),
    '4:4:4': lambda: encoded(
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
    ),
    '4:1:1': lambda: encoded(
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_411
    ),
    'grey': lambda: encoded(image=street(channels=1)),
    'zeros behind': lambda: encoded() + bytes(4096),
    'garbage behind': lambda: encoded() + b'\x01\x02\x03' * 100,
    'zeros before the end marker': lambda: encoded()[:-2] + bytes(64) + END,
    'the next frame behind': lambda: encoded() + encoded(),
    'without Huffman tables': lambda: without_huffman_tables(encoded()),
}
# Each is encoded once.
SOUND: dict[str, Callable[[], bytes]] = {
    kind: functools.cache(make) for kind, make in _MADE.items()
}
