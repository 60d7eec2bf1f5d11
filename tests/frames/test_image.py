# SPDX-License-Identifier: Apache-2.0
"""Interleaved and Bayer encodings against a reference written in plain numpy."""

from array import array
from itertools import product

import numpy as np
import pytest

from mobilenet_perception.errors import FrameError
from mobilenet_perception.frames import ENCODINGS, Limits, decode, decode_image
from tests.frames.raw import GOOD, MALFORMED, RawMessage, UInt8Array, raw_message
from tests.frames.test_yuv import PACKED_422, SEMI_PLANAR_420

SIZES = [(1, 1), (4, 6), (7, 5), (1, 9), (9, 1), (3, 3)]
# Where red, green and blue are among the samples of a pixel.
CHANNELS = {
    'rgb8': (3, (0, 1, 2)),
    'bgr8': (3, (2, 1, 0)),
    'rgba8': (4, (0, 1, 2)),
    'bgra8': (4, (2, 1, 0)),
    'mono8': (1, (0, 0, 0)),
    '8UC1': (1, (0, 0, 0)),
    '8UC3': (3, (2, 1, 0)),
    '8UC4': (4, (2, 1, 0)),
    'rgb16': (3, (0, 1, 2)),
    'bgr16': (3, (2, 1, 0)),
    'rgba16': (4, (0, 1, 2)),
    'bgra16': (4, (2, 1, 0)),
    'mono16': (1, (0, 0, 0)),
    '16UC1': (1, (0, 0, 0)),
    '16UC3': (3, (2, 1, 0)),
    '16UC4': (4, (2, 1, 0)),
}
NARROW = [name for name in CHANNELS if '16' not in name]
WIDE = [name for name in CHANNELS if '16' in name]
BAYER = ['rggb', 'bggr', 'gbrg', 'grbg']
RANDOM = np.random.default_rng(0)


def random_bytes(*shape: int) -> UInt8Array:
    return RANDOM.integers(0, 256, shape, np.uint8)


@pytest.mark.parametrize('padding', [0, 1, 7])
@pytest.mark.parametrize('size', SIZES)
@pytest.mark.parametrize('encoding', NARROW)
def test_8_bit(encoding: str, size: tuple[int, int], padding: int) -> None:
    samples, where = CHANNELS[encoding]
    pixels = random_bytes(*size, samples)
    message = raw_message(pixels.reshape(size[0], -1), size[1], encoding, padding)
    np.testing.assert_array_equal(decode_image(message).rgb(), pixels[..., where])


@pytest.mark.parametrize('padding', [0, 1, 6])
@pytest.mark.parametrize('size', SIZES)
@pytest.mark.parametrize('big_endian', [0, 1])
@pytest.mark.parametrize('encoding', WIDE)
def test_16_bit(encoding: str, big_endian: int, size: tuple[int, int], padding: int) -> None:
    samples, where = CHANNELS[encoding]
    values = RANDOM.integers(0, 65536, (*size, samples), np.uint16)
    rows = values.astype('>u2' if big_endian else '<u2').reshape(size[0], -1).view(np.uint8)
    message = raw_message(rows, size[1], encoding, padding)._replace(is_bigendian=big_endian)
    np.testing.assert_array_equal(decode_image(message).rgb(), (values >> 8)[..., where])


@pytest.mark.parametrize('padding', [0, 3])
@pytest.mark.parametrize('big_endian', [0, 1])
@pytest.mark.parametrize('bits', [8, 10, 12, 16])
@pytest.mark.parametrize('encoding', WIDE)
def test_significant_bits(encoding: str, bits: int, big_endian: int, padding: int) -> None:
    samples, where = CHANNELS[encoding]
    values = RANDOM.integers(0, 1 << bits, (6, 5, samples), np.uint16)
    values[2, 2] = 65535  # a hot pixel is white, whatever the sensor
    rows = values.astype('>u2' if big_endian else '<u2').reshape(6, -1).view(np.uint8)
    message = raw_message(rows, 5, encoding, padding)._replace(is_bigendian=big_endian)
    found = decode(message, significant_bits=bits).rgb()
    expected = np.minimum(values >> (bits - 8), 255)[..., where]
    np.testing.assert_array_equal(found, expected)


def test_significant_bits_of_a_mosaic_and_of_8_bit_samples() -> None:
    pixels = np.full((8, 8, 3), (200, 90, 30), np.uint8)
    rows = (mosaic_of(pixels, 'rggb').astype('<u2') << 4).view(np.uint8)
    found = decode(raw_message(rows, 8, 'bayer_rggb16'), significant_bits=12)
    np.testing.assert_array_equal(found.rgb(), pixels)
    narrow = raw_message(pixels.reshape(8, -1), 8, 'rgb8')
    np.testing.assert_array_equal(decode(narrow, significant_bits=12).rgb(), pixels)


def mosaic_of(rgb: UInt8Array, pattern: str) -> UInt8Array:
    mosaic = np.empty(rgb.shape[:2], np.uint8)
    for (row, column), colour in zip(product((0, 1), (0, 1)), pattern, strict=True):
        part = rgb[row::2, column::2, 'rgb'.index(colour)]
        mosaic[row::2, column::2] = part
    return mosaic


@pytest.mark.parametrize('size', [(3, 3), (8, 12), (7, 9)])
@pytest.mark.parametrize('bits', [8, 16])
@pytest.mark.parametrize('pattern', BAYER)
def test_bayer_of_one_colour(pattern: str, bits: int, size: tuple[int, int]) -> None:
    rgb = np.broadcast_to(np.array([200, 90, 30], np.uint8), (*size, 3))
    mosaic = mosaic_of(rgb, pattern)
    rows = mosaic if bits == 8 else np.dstack([random_bytes(*size), mosaic]).reshape(size[0], -1)
    message = raw_message(rows, size[1], f'bayer_{pattern}{bits}', padding=3)
    if size == (3, 3):  # one neighbourhood only; its colour must be right all the same
        assert tuple(decode_image(message).rgb()[1, 1]) == (200, 90, 30)
    np.testing.assert_array_equal(decode_image(message).rgb(), rgb)


@pytest.mark.parametrize('pattern', BAYER)
def test_bayer_keeps_samples_and_averages_neighbours(pattern: str) -> None:
    mosaic = random_bytes(10, 14)
    frame = decode_image(raw_message(mosaic, 14, f'bayer_{pattern}8'))
    rgb, values = frame.rgb().astype(int), mosaic.astype(int)
    for row, column in product(range(1, 9), range(1, 13)):
        colour = pattern[2 * (row % 2) + column % 2]
        assert rgb[row, column, 'rgb'.index(colour)] == values[row, column]
        if colour != 'g':
            cross = values[[row - 1, row + 1, row, row], [column, column, column - 1, column + 1]]
            assert abs(rgb[row, column, 1] - cross.mean()) <= 1


def test_8_bit_pixels_are_a_view_of_the_message() -> None:
    data = np.arange(4 * 20, dtype=np.uint8)
    for view in (data, memoryview(data.tobytes()), array('B', data.tobytes()), data.tobytes()):
        frame = decode_image(RawMessage(4, 5, 'bgr8', 20, view))  # type: ignore[arg-type]
        assert not frame.pixels.flags.owndata
        assert frame.order == 'bgr'
        np.testing.assert_array_equal(frame.pixels, data.reshape(4, 20)[:, :15].reshape(4, 5, 3))
    frame = decode_image(RawMessage(4, 5, 'bgr8', 20, data))  # type: ignore[arg-type]
    assert np.shares_memory(frame.pixels, data)


def test_reads_nothing_beyond_the_data() -> None:
    assert decode_image(RawMessage(2, 2, 'mono8', 3, bytes(6))).pixels.shape == (2, 2)
    with pytest.raises(FrameError, match='truncated: 5 bytes'):
        decode_image(RawMessage(2, 2, 'mono8', 3, bytes(5)))


@pytest.mark.parametrize(('changes', 'reason'), MALFORMED)
def test_malformed(changes: dict[str, object], reason: str | None) -> None:
    message = GOOD._replace(**changes)  # type: ignore[arg-type]
    if reason is None:
        assert decode_image(message).pixels.shape[:2] == (message.height, message.width)
        return
    with pytest.raises(FrameError, match=reason) as caught:
        decode_image(message)
    assert '\n' not in str(caught.value)


def test_limits_are_the_callers() -> None:
    with pytest.raises(FrameError, match='above the limit of 23 pixels'):
        decode(GOOD, limits=Limits(max_pixels=23))
    with pytest.raises(FrameError, match='above the limit of 71 bytes'):
        decode(GOOD, limits=Limits(max_bytes=71))


def test_every_encoding_is_checked_here_or_in_test_yuv() -> None:
    bayer = {f'bayer_{pattern}{bits}' for pattern in BAYER for bits in (8, 16)}
    assert set(ENCODINGS) == set(CHANNELS) | bayer | set(PACKED_422) | {*SEMI_PLANAR_420, 'nv24'}
