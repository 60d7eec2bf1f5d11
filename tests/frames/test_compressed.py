# SPDX-License-Identifier: Apache-2.0
"""JPEG and PNG messages: colours, reduced scale, damage, bombs."""

import struct
import zlib

import cv2
import numpy as np
import pytest

from mobilenet_perception.errors import FrameError
from mobilenet_perception.frames import (
    Limits,
    RegionOfInterest,
    crop_and_resize,
    decode,
    decode_compressed,
)
from tests.frames.raw import CompressedMessage, UInt8Array

COLOURS = {'red': (220, 20, 40), 'green': (30, 200, 60), 'blue': (20, 40, 230)}
RANDOM = np.random.default_rng(2)


def smooth_rgb(height: int, width: int) -> UInt8Array:
    """A picture that JPEG keeps well: the left red, the middle green, the right blue."""
    columns = np.array(list(COLOURS.values()), np.uint8)[None]
    return np.ascontiguousarray(np.repeat(np.repeat(columns, width // 3, 1), height, 0))


def jpeg(rgb: UInt8Array, *options: int) -> bytes:
    bgr = rgb[..., ::-1] if rgb.ndim == 3 else rgb
    return cv2.imencode('.jpg', bgr, list(options))[1].tobytes()


def chunk(name: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(name + content)
    return struct.pack('>I', len(content)) + name + content + struct.pack('>I', checksum)


def png(rows: UInt8Array, width: int, depth: int, colour: int, extra: bytes = b'') -> bytes:
    """Write a PNG by hand, from (height, row bytes)."""
    header = struct.pack('>IIBBBBB', width, rows.shape[0], depth, colour, 0, 0, 0)
    filtered = np.hstack([np.zeros((rows.shape[0], 1), np.uint8), rows]).tobytes()
    pixels = chunk(b'IDAT', zlib.compress(filtered))
    start = b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header)
    return start + extra + pixels + chunk(b'IEND', b'')


JPEG = jpeg(smooth_rgb(480, 660))
PNG = png(RANDOM.integers(0, 256, (7, 15), np.uint8), 5, 8, 2)


@pytest.mark.parametrize('progressive', [0, 1])
@pytest.mark.parametrize(
    ('wanted', 'scale'), [(0, 1), (240, 1), (120, 0.5), (60, 0.25), (30, 0.125)]
)
def test_jpeg_at_reduced_scale(wanted: int, scale: float, progressive: int) -> None:
    data = jpeg(smooth_rgb(480, 660), cv2.IMWRITE_JPEG_PROGRESSIVE, progressive)
    frame = decode_compressed(CompressedMessage(data), wanted, wanted)
    assert frame.scale == scale
    assert frame.pixels.shape == (480 * scale, np.ceil(660 * scale), 3)
    rgb = frame.rgb()
    for third, colour in zip((1, 3, 5), COLOURS.values(), strict=True):
        found = rgb[rgb.shape[0] // 2, rgb.shape[1] * third // 6].astype(int)
        assert np.abs(found - colour).max() <= 4


def test_scale_is_just_enough_for_twice_the_input() -> None:
    assert decode_compressed(CompressedMessage(JPEG), 31, 30).scale == 0.25
    assert decode_compressed(CompressedMessage(JPEG), 0, 30).scale == 0.125
    assert decode_compressed(CompressedMessage(JPEG), 4000, 30).scale == 1


def test_scale_follows_the_region_of_interest() -> None:
    roi = RegionOfInterest(230, 100, 200, 240)
    message = CompressedMessage(JPEG)
    frame = decode_compressed(message, 48, 48, roi)
    assert frame.scale == 0.5
    found = crop_and_resize(frame, 48, 48, roi).astype(int)
    full = crop_and_resize(decode_compressed(message), 48, 48, roi).astype(int)
    assert np.abs(found - full).max() <= 4
    assert np.abs(found - COLOURS['green']).max() <= 4
    beside = RegionOfInterest(600, 0, 500, 500)  # only 60 columns lie in the frame
    assert decode_compressed(message, 30, 30, beside).scale == 1


def test_region_outside_a_reduced_frame_is_given_in_camera_pixels() -> None:
    frame = decode_compressed(CompressedMessage(JPEG), 30, 30)
    with pytest.raises(FrameError, match='outside the frame of 664x480'):
        crop_and_resize(frame, 30, 30, RegionOfInterest(700, 0, 10, 10))


def test_gray_jpeg_is_mono() -> None:
    frame = decode_compressed(CompressedMessage(jpeg(np.full((16, 24), 77, np.uint8))))
    assert frame.order == 'mono'
    assert abs(int(frame.pixels[5, 5]) - 77) <= 1


@pytest.mark.parametrize('size', [(1, 1), (7, 5), (9, 2)])
@pytest.mark.parametrize('depth', [8, 16])
@pytest.mark.parametrize(
    ('colour', 'channels', 'where'),
    [(0, 1, (0, 0, 0)), (2, 3, (0, 1, 2)), (4, 2, (0, 0, 0)), (6, 4, (0, 1, 2))],
)
def test_png(
    colour: int, channels: int, where: tuple[int, ...], depth: int, size: tuple[int, int]
) -> None:
    values = RANDOM.integers(0, 1 << depth, (*size, channels), np.uint16)
    rows = values.astype('>u2' if depth == 16 else np.uint8).reshape(size[0], -1).view(np.uint8)
    frame = decode_compressed(CompressedMessage(png(rows, size[1], depth, colour)))
    np.testing.assert_array_equal(frame.rgb(), (values >> (depth - 8))[..., where])


@pytest.mark.parametrize('bits', [8, 10, 12, 16])
@pytest.mark.parametrize(
    ('colour', 'channels', 'where'),
    [(0, 1, (0, 0, 0)), (2, 3, (0, 1, 2)), (4, 2, (0, 0, 0)), (6, 4, (0, 1, 2))],
)
def test_png_of_so_many_significant_bits(
    colour: int, channels: int, where: tuple[int, ...], bits: int
) -> None:
    values = RANDOM.integers(0, 1 << bits, (6, 5, channels), np.uint16)
    rows = values.astype('>u2').reshape(6, -1).view(np.uint8)
    message = CompressedMessage(png(rows, 5, 16, colour))
    frame = decode(message, significant_bits=bits)
    np.testing.assert_array_equal(frame.rgb(), (values >> (bits - 8))[..., where])


def test_png_of_a_palette_with_transparency() -> None:
    palette = RANDOM.integers(0, 256, (256, 3), np.uint8)
    indices = RANDOM.integers(0, 256, (6, 5), np.uint8)
    extra = chunk(b'PLTE', palette.tobytes()) + chunk(b'tRNS', bytes(256))
    frame = decode_compressed(CompressedMessage(png(indices, 5, 8, 3, extra)))
    np.testing.assert_array_equal(frame.rgb(), palette[indices])


def test_png_of_one_bit() -> None:
    frame = decode_compressed(CompressedMessage(png(np.array([[0b10100000]], np.uint8), 3, 1, 0)))
    np.testing.assert_array_equal(frame.pixels, [[255, 0, 255]])


@pytest.mark.parametrize(
    'name', ['jpeg', 'png', 'rgb8; jpeg compressed bgr8', 'bgr8; png compressed ', '', 'tiff', 'é']
)
@pytest.mark.parametrize('data', [JPEG, PNG])
def test_first_bytes_decide_not_the_format_field(data: bytes, name: str) -> None:
    expected = decode_compressed(CompressedMessage(data))
    found = decode(CompressedMessage(data, name))
    np.testing.assert_array_equal(found.pixels, expected.pixels)


def test_mosaic_within_a_png_is_interpolated() -> None:
    mosaic = np.array([[200, 90], [90, 30]], np.uint8)
    data = png(np.tile(mosaic, (4, 4)), 8, 8, 0)
    frame = decode_compressed(CompressedMessage(data, 'bayer_rggb8; png compressed '), 2, 2)
    np.testing.assert_array_equal(frame.rgb(), np.broadcast_to([200, 90, 30], (8, 8, 3)))
    tiny = CompressedMessage(png(mosaic, 2, 8, 0), 'bayer_rggb8; png compressed ')
    with pytest.raises(FrameError, match='mosaic'):
        decode_compressed(tiny)
    coloured = CompressedMessage(JPEG, 'bayer_rggb8; jpeg compressed bgr8')
    assert decode_compressed(coloured).order == 'bgr'


def test_exif_orientation_is_ignored() -> None:
    tag = struct.pack('>HHIHH', 0x0112, 3, 1, 6, 0)
    exif = b'Exif\0\0MM\0*\0\0\0\x08\0\x01' + tag + bytes(4)
    data = JPEG[:2] + b'\xff\xe1' + struct.pack('>H', len(exif) + 2) + exif + JPEG[2:]
    assert cv2.imdecode(np.frombuffer(data, np.uint8), 1).shape == (660, 480, 3)
    assert decode_compressed(CompressedMessage(data)).pixels.shape == (480, 660, 3)


def jpeg_header(marker: int, height: int, width: int, precision: int = 8, parts: int = 3) -> bytes:
    components = b'\x01\x11\0' * parts
    frame = struct.pack('>BHHB', precision, height, width, parts) + components
    return b'\xff\xd8\xff' + bytes([marker]) + struct.pack('>H', 2 + len(frame)) + frame


SCAN = b'\xff\xda\0\x08\x01\x01\0\0?\0'
HUGE_PNG_HEADER = chunk(b'IHDR', struct.pack('>IIBBBBB', 2**31 - 1, 2**31 - 1, 8, 2, 0, 0, 0))
THUMBNAIL = b'\xff\xe1\0\x06\xff\xd8\xff\xd9'


@pytest.mark.parametrize(
    ('data', 'reason'),
    [
        (b'', 'no data'),
        (b'\xff\xd8\xff', 'pixels are missing'),
        (JPEG[: len(JPEG) // 2], 'end marker is missing'),
        (JPEG[:2] + THUMBNAIL + JPEG[2 : len(JPEG) // 2], 'end marker is missing'),
        (JPEG[:30], 'truncated'),
        (b'\xff\xd8\xff\xd9', 'ends before its pixels'),
        (b'\xff\xd8\xff\xe0\0\x01', 'within its header'),
        (b'\xff\xd8' + SCAN + b'\xff\xd9', 'pixels come before its header'),
        (jpeg_header(0xC0, 65535, 65535) + SCAN + bytes(100) + b'\xff\xd9', 'cannot hold'),
        (jpeg_header(0xC2, 65535, 65535) + SCAN + bytes(100) + b'\xff\xd9', 'above the limit'),
        (jpeg_header(0xC0, 0, 64) + SCAN + bytes(100) + b'\xff\xd9', 'no pixels'),
        (jpeg_header(0xC3, 8, 8) + SCAN, 'lossless'),
        (jpeg_header(0xC9, 8, 8) + SCAN, 'arithmetic-coded'),
        (jpeg_header(0xC1, 8, 8, precision=12) + SCAN, '12 bits'),
        (jpeg_header(0xC0, 8, 8, parts=2) + SCAN, '2 components'),
        (jpeg_header(0xC0, 8, 8) + jpeg_header(0xC0, 8, 8)[2:] + SCAN, 'two headers'),
        (jpeg_header(0xC2, 8, 8) + SCAN * 100 + b'\xff\xd9', 'scans'),
        (b'\xff\xd8\xff' + b'\x01\xff' * 100_000, 'pixels are missing'),
        (PNG[:20], 'truncated'),
        (PNG[:-5], 'its end is missing'),
        (PNG[:-12], 'its end is missing'),
        (PNG[:8] + HUGE_PNG_HEADER + PNG[33:], 'above the limit'),
        (PNG[:33] + PNG[-12:], 'no IDAT'),
        (PNG[:50] + b'?' + PNG[51:], 'checksum of IDAT'),
        (PNG[:25] + b'\x03' + PNG[26:], 'does not exist|checksum'),
        (PNG[:33] + chunk(b'EVIL', b'') + PNG[33:], 'no PNG has'),
        (PNG[:33] + chunk(b'IDAT', zlib.compress(bytes(20))) + PNG[-12:], 'cannot be decoded'),
        (PNG.replace(b'\r\n', b'\n'), 'transfer as text'),
        (b'II*\0' + bytes(100), 'is TIFF'),
        (b'GIF89a' + bytes(100), 'is GIF'),
        (b'RIFF\0\0\0\0WEBP', 'is WebP'),
        (b'BM' + bytes(100), 'is BMP'),
        (b'\0\0\0\x01\x67', 'H.264'),
        (b'\x0c\x8d' + bytes(10) + JPEG, 'has 12 bytes before it'),
        (b'hello', 'starts with 68 65 6c 6c'),
    ],
)
def test_refused(data: bytes, reason: str) -> None:
    with pytest.raises(FrameError, match=reason) as caught:
        decode_compressed(CompressedMessage(data))
    assert '\n' not in str(caught.value)


def idat_of(data: bytes) -> tuple[int, int]:
    """Return where the first IDAT of a PNG starts, and where it ends."""
    start = data.index(b'IDAT') - 4
    (length,) = struct.unpack_from('>I', data, start)
    return start, start + 12 + length


PICTURE = RANDOM.integers(0, 64, (48, 60, 3), np.uint8).repeat(4, 0).repeat(4, 1)
LOSSY_PNGS = {
    'rgb': PICTURE,
    'grey': PICTURE[..., 0],
    '16 bit': PICTURE.astype(np.uint16) * 257,
    'black': np.zeros((48, 60, 3), np.uint8),
}


@pytest.mark.parametrize('damage', ['cut off', 'cut out', 'zeroed', 'a bit', 'checksum'])
@pytest.mark.parametrize('kind', LOSSY_PNGS)
def test_png_that_lost_data_is_refused_wherever_it_did(
    kind: str, damage: str, capfd: pytest.CaptureFixture[str]
) -> None:
    data = cv2.imencode('.png', LOSSY_PNGS[kind])[1].tobytes()
    decode_compressed(CompressedMessage(data))
    start, end = idat_of(data)
    for place in np.linspace(start + 8, end - 5, 23).astype(int):
        changed = bytearray(data)
        if damage == 'cut off':
            del changed[place:-12]
        elif damage == 'cut out':
            del changed[place : min(place + 16, end - 4)]
        elif damage == 'zeroed':
            changed[place : place + 512] = bytes(len(changed[place : place + 512]))
        else:
            changed[place if damage == 'a bit' else end - 2] ^= 1
        if bytes(changed) == data:
            continue
        with pytest.raises(FrameError, match='the PNG is') as caught:
            decode_compressed(CompressedMessage(bytes(changed)))
        assert '\n' not in str(caught.value)
    assert capfd.readouterr().err == ''


def test_what_surrounds_the_pixels_of_a_png_never_reaches_the_decoder(
    capfd: pytest.CaptureFixture[str],
) -> None:
    extra = chunk(b'iCCP', b'nonsense') + chunk(b'acTL', bytes(3)) + chunk(b'tRNS', b'')
    frame = decode_compressed(CompressedMessage(PNG[:33] + extra + PNG[33:] + b'rubbish'))
    np.testing.assert_array_equal(frame.pixels, decode_compressed(CompressedMessage(PNG)).pixels)
    assert capfd.readouterr().err == ''


def test_compressed_depth_is_refused() -> None:
    message = CompressedMessage(bytes(12) + PNG, '16UC1; compressedDepth png')
    with pytest.raises(FrameError, match='compressedDepth'):
        decode_compressed(message)


def test_limits_hold_before_decoding() -> None:
    with pytest.raises(FrameError, match='above the limit of 34 pixels'):
        decode_compressed(CompressedMessage(PNG), limits=Limits(max_pixels=34))
    with pytest.raises(FrameError, match='above the limit of 10 bytes'):
        decode_compressed(CompressedMessage(PNG), limits=Limits(max_bytes=10))
