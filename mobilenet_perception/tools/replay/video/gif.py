# SPDX-License-Identifier: Apache-2.0
"""Write animated GIFs (CompuServe's GIF89a): the one moving picture that shows everywhere.

OpenCV writes them from 4.12 on, and not in every build.
"""

import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt

# Levels of red, green and blue: the eye knows most of green. 252 colours.
_LEVELS = np.array((6, 7, 6), np.float32)
_CLEAR, _END, _CODES = 256, 257, 4096
_BLOCK = 255


class GifWriter:
    """Writes frames of one size at one rate, for ever repeated.

    Args:
        path: the file to write.
        width: of the frames in pixels.
        height: of the frames in pixels.
        period_s: how long each is shown; GIF knows hundredths of a second, from 0.02.
    """

    def __init__(self, path: Path, width: int, height: int, period_s: float) -> None:
        self._size = (width, height)
        self._delay = max(2, round(100 * period_s))
        rows, columns = np.indices((height, width))
        self._dither = _thresholds()[rows % 8, columns % 8, None]
        self._file = path.open('wb')
        self._file.write(b'GIF89a' + struct.pack('<HHBBB', width, height, 0xF7, 0, 0) + _palette())
        self._file.write(b'\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00')

    def write(self, rgb: npt.NDArray[np.uint8]) -> None:
        """Add a frame: (height, width, 3) uint8 RGB."""
        level = np.floor(rgb / 255.0 * (_LEVELS - 1) + self._dither).astype(np.uint8)
        red, green, blue = level[..., 0], level[..., 1], level[..., 2]
        data = _compress(((red * 7 + green) * 6 + blue).tobytes())
        self._file.write(b'\x21\xf9\x04\x04' + struct.pack('<HBB', self._delay, 0, 0))
        self._file.write(b'\x2c' + struct.pack('<HHHHB', 0, 0, *self._size, 0) + b'\x08')
        for start in range(0, len(data), _BLOCK):
            block = data[start : start + _BLOCK]
            self._file.write(bytes((len(block),)) + block)
        self._file.write(b'\x00')

    def close(self) -> None:
        """End the file."""
        self._file.write(b'\x3b')
        self._file.close()


def _palette() -> bytes:
    red, green, blue = np.indices((6, 7, 6))
    levels = np.stack((red, green, blue), axis=-1).reshape(-1, 3)
    colours = np.zeros((256, 3), np.uint8)
    colours[: len(levels)] = np.round(levels * 255 / (_LEVELS - 1))
    return colours.tobytes()


def _thresholds() -> npt.NDArray[np.float32]:
    """Return Bayer's 8x8 matrix: what lies between two levels is mixed from both."""
    matrix: npt.NDArray[np.float64] = np.zeros((1, 1))
    for _ in range(3):
        matrix = np.block([[4 * matrix, 4 * matrix + 2], [4 * matrix + 3, 4 * matrix + 1]])
    return ((matrix + 0.5) / 64).astype(np.float32)


def _compress(pixels: bytes) -> bytes:
    """Compress pixels as GIF does: Lempel, Ziv and Welch's codes, 9 to 12 bits wide."""
    out = bytearray()
    table: dict[int, int] = {}
    bits, width, held = _CLEAR, 9, 9
    following = _END + 1
    prefix = pixels[0]
    for pixel in pixels[1:]:
        key = prefix << 8 | pixel
        code = table.get(key)
        if code is not None:
            prefix = code
            continue
        bits |= prefix << held
        held += width
        if following < _CODES:
            table[key] = following
            # The reader is one entry behind.
            if following == 1 << width:
                width += 1
            following += 1
        else:
            bits |= _CLEAR << held
            held += width
            table.clear()
            following, width = _END + 1, 9
        if held >= 64:
            whole = held // 8
            out += (bits & ((1 << 8 * whole) - 1)).to_bytes(whole, 'little')
            bits >>= 8 * whole
            held -= 8 * whole
        prefix = pixel
    bits |= prefix << held
    held += width
    # The last code may have been the one that widens them.
    width += following == 1 << width and width < 12
    bits |= _END << held
    held += width
    return bytes(out + bits.to_bytes((held + 7) // 8, 'little'))
