# SPDX-License-Identifier: Apache-2.0
"""Bits in use, byte order and darkness are seen; sound pictures of day and night show none."""

import os
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from mobilenet_perception.errors import FrameError
from mobilenet_perception.frames import Frame, decode, decode_file
from mobilenet_perception.frames.quality import Quality, measure
from tests.frames.jpegs import encoded
from tests.frames.raw import CompressedMessage, raw_message

RANDOM = np.random.default_rng(5)
CHANNELS = {'mono16': 1, 'bayer_rggb16': 1, 'rgb16': 3}
Floats = npt.NDArray[np.float64]


def scene(channels: int = 1, height: int = 240, width: int = 320) -> Floats:
    """A picture with lights and shadows, 0 to 1, as a sensor sees it."""
    coarse = RANDOM.uniform(0, 1, (12, 16, channels)) ** 2
    smooth = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    noisy = smooth.reshape(height, width, channels) + RANDOM.normal(
        0, 0.004, (height, width, channels)
    )
    return np.clip(noisy, 0, 1)


def look(values: Floats, encoding: str, *, big_endian: int = 0, claimed: int = 0) -> Quality:
    """Look at 16-bit samples, written in one byte order and claimed to be in another."""
    rows = values.round().astype('>u2' if big_endian else '<u2').reshape(len(values), -1)
    message = raw_message(rows.view(np.uint8), values.shape[1], encoding)
    message = message._replace(is_bigendian=claimed)
    return measure(message, decode(message))


@pytest.mark.parametrize('big_endian', [0, 1])
@pytest.mark.parametrize('bits', [8, 10, 12, 14, 16])
@pytest.mark.parametrize('encoding', CHANNELS)
def test_bits_in_use(encoding: str, bits: int, big_endian: int) -> None:
    values = scene(CHANNELS[encoding]) * ((1 << bits) - 1)
    found = look(values, encoding, big_endian=big_endian, claimed=big_endian)
    assert (found.bits, found.swapped) == (bits, False)


@pytest.mark.parametrize('bits', [8, 10, 12])
def test_left_aligned_samples_use_all_bits_in_the_dark_too(bits: int) -> None:
    values = (scene() * 0.1 * ((1 << bits) - 1)).round() * (1 << (16 - bits))
    assert look(values, 'mono16').bits == 16


@pytest.mark.parametrize('claimed', [0, 1])
@pytest.mark.parametrize('bits', [10, 12, 14, 16])
@pytest.mark.parametrize('encoding', CHANNELS)
def test_swapped_bytes(encoding: str, bits: int, claimed: int) -> None:
    values = scene(CHANNELS[encoding]) * ((1 << bits) - 1)
    found = look(values, encoding, big_endian=1 - claimed, claimed=claimed)
    assert (found.bits, found.swapped, found.dark) == (0, True, False)


@pytest.mark.parametrize('bits', [10, 12])
def test_swapped_bytes_of_a_smooth_picture(bits: int) -> None:
    smooth = cv2.resize(RANDOM.uniform(0.1, 1, (6, 8)), (1280, 480))[..., None]
    values: Floats = smooth.astype(np.float64) * ((1 << bits) - 1)
    assert look(values, 'mono16').bits == bits
    assert look(values, 'mono16', big_endian=1).swapped


def test_a_png_of_12_bits() -> None:
    values = (scene(3) * 4095).astype(np.uint16)
    message = CompressedMessage(cv2.imencode('.png', values)[1].tobytes())
    assert measure(message, decode(message)).bits == 12


@pytest.mark.parametrize('pedestal', [0, 64, 240])
def test_a_covered_sensor_of_12_bits_shows_nothing_of_its_bits(pedestal: int) -> None:
    values = np.clip(pedestal + RANDOM.normal(0, 6, (240, 320, 1)), 0, None)
    found = look(values, 'mono16')
    assert (found.bits, found.swapped, found.dark) == (0, False, True)


def test_a_covered_lens_is_dark_through_its_noise_and_a_leak_of_light() -> None:
    noise = RANDOM.normal(8, 6, (480, 640, 3)) + np.linspace(0, 4, 640)[:, None]
    pixels = np.clip(noise, 0, 255).astype(np.uint8)
    message = raw_message(pixels.reshape(480, -1), 640, 'rgb8')
    assert measure(message, decode(message)).dark


def test_a_street_at_night_is_not_a_covered_lens() -> None:
    pixels = np.clip(RANDOM.normal(4, 2, (480, 640, 3)), 0, 255).astype(np.uint8)
    for x in range(100, 600, 120):
        cv2.circle(pixels, (x, 150), 9, (200, 220, 255), -1)  # lamps
    message = raw_message(pixels.reshape(480, -1), 640, 'rgb8')
    assert not measure(message, decode(message)).dark


@pytest.mark.parametrize('size', [(1, 1), (3, 200), (200, 3), (4, 6)])
@pytest.mark.parametrize('encoding', ['mono8', 'mono16'])
def test_any_size_is_looked_at(encoding: str, size: tuple[int, int]) -> None:
    row = np.zeros((size[0], size[1] * (1 + (encoding == 'mono16'))), np.uint8)
    message = raw_message(row, size[1], encoding, padding=3)
    assert measure(message, decode(message)).dark


def test_a_jpeg_is_checked_for_lost_data_where_that_can_be_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    message = CompressedMessage(encoded())
    frame = decode(message)
    assert not measure(message, frame).unchecked
    monkeypatch.setattr('mobilenet_perception.frames.jpeg.sees_damage', lambda: False)
    assert measure(message, frame).unchecked


@pytest.mark.parametrize(
    'folder', ['crosswalks', 'street-photos', 'gtsrb/sequences', 'traffic-lights', 'pavements']
)
def test_no_photograph_of_day_or_night_is_called_dark_or_swapped(folder: str) -> None:
    data = os.environ.get('MOBILENET_PERCEPTION_DATA', '')
    paths = sorted(Path(data, folder).rglob('*.[jp][pn]g')) if data else []
    if not paths:
        pytest.skip(f'needs {folder} in MOBILENET_PERCEPTION_DATA')
    for path in paths[:: 1 + len(paths) // 60]:
        try:
            rgb = decode_file(path).rgb()
        except FrameError:
            continue
        wide = rgb[..., 1:2] * 257.0 + RANDOM.uniform(-90, 90, (*rgb.shape[:2], 1))
        found = look(np.clip(wide, 0, 65535), 'mono16')
        assert (found.dark, found.swapped) == (False, False), path
        message = raw_message(rgb.reshape(len(rgb), -1), rgb.shape[1], 'rgb8')
        assert not measure(message, Frame(rgb, 'rgb')).dark, path
