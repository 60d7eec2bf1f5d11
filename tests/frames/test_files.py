# SPDX-License-Identifier: Apache-2.0
"""Image files for tools and training."""

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest

from mobilenet_perception.errors import FrameError
from mobilenet_perception.frames import Limits, decode_file
from tests.frames.test_compressed import JPEG, PNG

RGB = np.random.default_rng(4).integers(0, 256, (13, 9, 3), np.uint8)


@pytest.mark.parametrize('suffix', ['.png', '.bmp', '.tif', '.ppm', '.webp'])
def test_lossless_formats(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f'image{suffix}'
    options = [cv2.IMWRITE_WEBP_QUALITY, 101] if suffix == '.webp' else []
    assert cv2.imwrite(str(path), RGB[..., ::-1], options)
    np.testing.assert_array_equal(decode_file(path).rgb(), RGB)
    with pytest.raises(FrameError, match=r'image.*: the image claims 9x13 .* above the limit'):
        decode_file(path, Limits(max_pixels=116))


def test_lossy_webp(tmp_path: Path) -> None:
    path = tmp_path / 'image.webp'
    cv2.imwrite(str(path), RGB, [cv2.IMWRITE_WEBP_QUALITY, 80])
    assert decode_file(path).pixels.shape == RGB.shape


def test_pgm(tmp_path: Path) -> None:
    path = tmp_path / 'image.pgm'
    path.write_bytes(b'P5\n# a comment 7 8\n3 2\n255\n' + bytes(range(6)))
    np.testing.assert_array_equal(decode_file(path).rgb()[..., 1], [[0, 1, 2], [3, 4, 5]])


def test_photograph_is_turned_upright(tmp_path: Path) -> None:
    tag = struct.pack('>HHIHH', 0x0112, 3, 1, 6, 0)
    exif = b'Exif\0\0MM\0*\0\0\0\x08\0\x01' + tag + bytes(4)
    path = tmp_path / 'photograph.jpg'
    path.write_bytes(JPEG[:2] + b'\xff\xe1' + struct.pack('>H', len(exif) + 2) + exif + JPEG[2:])
    assert decode_file(path).pixels.shape == (660, 480, 3)


@pytest.mark.parametrize(
    ('content', 'reason'),
    [
        (b'', 'the file is empty'),
        (b'text', 'no image that can be read'),
        (b'GIF89a', 'no image that can be read'),
        (bytes(12) + b'\xff\xd8\xff\xe0', 'the JPEG has 12 bytes before it, such as the header'),
        (PNG[:-20], 'truncated'),
        (b'BM' + bytes(8), 'no image that can be read'),
        (b'BM' + bytes(12) + struct.pack('<Iii', 40, 2**31 - 1, -(2**31)), 'above the limit'),
        (b'P5 99999 99999 255\n', 'above the limit'),
        (b'P5 4 4 255\n' + bytes(3), 'damaged'),
        (b'II*\0\xff\xff\xff\xff', 'no image that can be read'),
    ],
)
def test_refused(content: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / 'image'
    path.write_bytes(content)
    with pytest.raises(FrameError, match=f'{path}: .*{reason}'):
        decode_file(path)


@pytest.mark.parametrize('suffix', ['.bmp', '.tif', '.ppm', '.webp'])
def test_files_that_are_cut_off_are_refused_in_silence(
    suffix: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f'image{suffix}'
    cv2.imwrite(str(path), np.tile(RGB, (8, 8, 1)))
    whole = path.read_bytes()
    for kept in (0.3, 0.6, 0.9):
        path.write_bytes(whole[: round(kept * len(whole))])
        with pytest.raises(FrameError, match='image'):
            decode_file(path)
    assert capfd.readouterr() == ('', '')


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(FrameError, match='cannot be read: No such file'):
        decode_file(tmp_path / 'absent.png')
    with pytest.raises(FrameError, match='cannot be read: Is a directory'):
        decode_file(tmp_path)
