# SPDX-License-Identifier: Apache-2.0
"""YUV encodings against BT.601 in plain numpy; OpenCV's fixed point may differ by 2 of 255."""

import numpy as np
import pytest

from mobilenet_perception.frames import Frame, decode_image
from tests.frames.raw import RawMessage, UInt8Array, bt601, raw_message

TOLERANCE = 2
# The samples of two pixels, in their order: luma y, chroma u (Cb) and v (Cr).
PACKED_422 = {'uyvy': 'uyvy', 'yuv422': 'uyvy', 'yuyv': 'yuyv', 'yuv422_yuy2': 'yuyv'}
# Those of the chroma plane.
SEMI_PLANAR_420 = {'nv12': 'uv', 'nv21': 'vu'}
RANDOM = np.random.default_rng(1)


def planes(height: int, width: int, rows: int, columns: int) -> tuple[UInt8Array, ...]:
    """Random luma, and chroma with one value for `rows` x `columns` pixels."""
    luma = RANDOM.integers(16, 236, (height, width), np.uint8)
    shape = (height // rows, width // columns)
    cb, cr = (RANDOM.integers(16, 241, shape, np.uint8) for _ in range(2))
    return luma, cb, cr


def check(frame: Frame, luma: UInt8Array, cb: UInt8Array, cr: UInt8Array) -> None:
    repeats = (luma.shape[0] // cb.shape[0], luma.shape[1] // cb.shape[1])
    expected = bt601(luma, *(np.kron(plane, np.ones(repeats, np.uint8)) for plane in (cb, cr)))
    assert frame.rgb().shape == expected.shape
    assert np.abs(frame.rgb() - expected).max() <= TOLERANCE


@pytest.mark.parametrize('padding', [0, 1, 6])
@pytest.mark.parametrize('size', [(4, 6), (5, 8), (1, 2), (48, 66)])
@pytest.mark.parametrize('encoding', PACKED_422)
def test_422(encoding: str, size: tuple[int, int], padding: int) -> None:
    luma, cb, cr = planes(*size, 1, 2)
    rows = np.empty((size[0], 2 * size[1]), np.uint8)
    order = PACKED_422[encoding]
    rows[:, order.index('y') :: 2] = luma
    rows[:, order.index('u') :: 4] = cb
    rows[:, order.index('v') :: 4] = cr
    check(decode_image(raw_message(rows, size[1], encoding, padding)), luma, cb, cr)


@pytest.mark.parametrize('padding', [0, 1, 6])
@pytest.mark.parametrize('size', [(4, 6), (2, 2), (48, 66)])
@pytest.mark.parametrize('encoding', SEMI_PLANAR_420)
def test_420(encoding: str, size: tuple[int, int], padding: int) -> None:
    luma, cb, cr = planes(*size, 2, 2)
    chroma = np.dstack([cb, cr] if SEMI_PLANAR_420[encoding] == 'uv' else [cr, cb])
    rows = np.vstack([luma, chroma.reshape(size[0] // 2, size[1])])
    message = raw_message(rows, size[1], encoding, padding)._replace(height=size[0])
    check(decode_image(message), luma, cb, cr)


@pytest.mark.parametrize('padding', [0, 1, 6])
@pytest.mark.parametrize('size', [(4, 6), (1, 1), (5, 7), (48, 66)])
def test_444(size: tuple[int, int], padding: int) -> None:
    luma, cb, cr = planes(*size, 1, 1)
    chroma = np.dstack([cb, cr]).reshape(size[0], -1)
    lumas = raw_message(luma, size[1], 'nv24', padding)
    chromas = raw_message(chroma, size[1], 'nv24', 2 * padding)
    check(decode_image(lumas._replace(data=lumas.data + chromas.data)), luma, cb, cr)


@pytest.mark.parametrize(('encoding', 'step'), [('nv12', 9), ('nv12', 12), ('nv21', 12)])
def test_planes_without_padding_whatever_step_says(encoding: str, step: int) -> None:
    data = RANDOM.integers(0, 256, 36, np.uint8).tobytes()
    expected = decode_image(RawMessage(4, 6, encoding, 6, data))
    found = decode_image(RawMessage(4, 6, encoding, step, data))
    np.testing.assert_array_equal(found.pixels, expected.pixels)
