# SPDX-License-Identifier: Apache-2.0
"""JPEGs that lost data are refused, with the place; sound ones of every kind are taken."""

import io
import re
import subprocess
import sys

import cv2
import numpy as np
import pytest

from mobilenet_perception.errors import FrameError
from mobilenet_perception.frames import decode_compressed, jpeg
from tests.frames import jpegs
from tests.frames.jpegs import SCAN, cut_off, encoded, street
from tests.frames.raw import CompressedMessage
from tests.support import ROOT


def cmyk() -> bytes:
    pillow = pytest.importorskip('PIL.Image', reason='needs Pillow, to write CMYK')
    out = io.BytesIO()
    pillow.fromarray(street()).convert('CMYK').save(out, 'JPEG')
    return out.getvalue()


SOUND = {**jpegs.SOUND, 'CMYK': cmyk}


@pytest.mark.parametrize('kind', SOUND)
def test_sound_files_are_taken(kind: str) -> None:
    frame = decode_compressed(CompressedMessage(SOUND[kind]()))
    assert (frame.height, frame.width) == (480, 640)


@pytest.mark.parametrize('reduction', [1, 2, 4, 8])
@pytest.mark.parametrize('kind', ['baseline', 'progressive', '4:4:4', 'grey', 'CMYK'])
def test_pixels_are_those_of_opencv(kind: str, reduction: int) -> None:
    data = SOUND[kind]()
    frame = decode_compressed(CompressedMessage(data), 240 // reduction, 320 // reduction)
    assert frame.scale == 1 / reduction
    flags = {1: cv2.IMREAD_COLOR, 2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4}
    flag = flags.get(reduction, cv2.IMREAD_REDUCED_COLOR_8)
    expected = cv2.cvtColor(cv2.imdecode(np.frombuffer(data, np.uint8), flag), cv2.COLOR_BGR2RGB)
    # Two builds of one decoder may round a colour differently.
    assert cv2.absdiff(frame.rgb(), expected).max() <= 2


@pytest.mark.parametrize('kind', ['baseline', 'progressive', 'restart markers', '4:4:4', 'grey'])
@pytest.mark.parametrize('kept', [0.05, 0.3, 0.6, 0.95])
def test_pixels_that_end_early_are_refused(kind: str, kept: float) -> None:
    with pytest.raises(FrameError, match='is damaged'):
        decode_compressed(CompressedMessage(cut_off(SOUND[kind](), kept)))


@pytest.mark.parametrize('kept', [0.25, 0.5, 0.75])
def test_the_row_is_said(kept: float) -> None:
    with pytest.raises(FrameError, match=r'end after \d+ of 480 rows') as caught:
        decode_compressed(CompressedMessage(cut_off(encoded(), kept)))
    found = re.search(r'after (\d+) of', str(caught.value))
    assert found is not None
    assert abs(int(found[1]) - 480 * kept) < 40


@pytest.mark.parametrize('kind', ['baseline', 'restart markers', '4:4:4'])
@pytest.mark.parametrize('place', [0.1, 0.5, 0.8])
def test_a_piece_missing_from_the_middle_is_refused(kind: str, place: float) -> None:
    data = SOUND[kind]()
    start = data.index(SCAN) + 20
    at = start + round(place * (len(data) - start))
    with pytest.raises(FrameError, match='the JPEG is damaged'):
        decode_compressed(CompressedMessage(data[:at] + data[at + 2048 :]))


@pytest.mark.parametrize('place', [0.3, 0.4, 0.5])
def test_a_progressive_scan_that_was_zeroed_is_refused(place: float) -> None:
    data = SOUND['progressive']()
    at = round(place * len(data))
    damaged = data[:at] + bytes(1024) + data[at + 1024 :]
    with pytest.raises(FrameError, match='the JPEG is damaged'):
        decode_compressed(CompressedMessage(damaged))


def test_a_marker_among_the_pixels_is_refused() -> None:
    data = SOUND['baseline']()
    at = (data.index(SCAN) + len(data)) // 2
    damaged = data[:at] + b'\xff\x80' + data[at + 2 :]
    with pytest.raises(FrameError, match=r'is damaged: .*Unsupported marker type 0x80'):
        decode_compressed(CompressedMessage(damaged))


def test_rubbish_between_the_segments_of_a_header_is_passed_over() -> None:
    data = SOUND['progressive']()
    at = data.index(b'\xff\xc4')
    frame = decode_compressed(CompressedMessage(data[:at] + bytes(5) + data[at:]))
    assert frame.height == 480


def test_a_restart_interval_that_was_zeroed_is_refused() -> None:
    data = SOUND['restart markers']()
    at = len(data) // 2
    damaged = data[:at] + bytes(512) + data[at + 512 :]
    with pytest.raises(FrameError, match='the JPEG is damaged'):
        decode_compressed(CompressedMessage(damaged))


@pytest.mark.parametrize('kind', ['baseline', 'restart markers', '4:4:4', 'grey'])
@pytest.mark.parametrize('size', [24, 64, 512])
def test_zeros_within_the_pixels_are_refused_with_and_without_simplejpeg(
    kind: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = SOUND[kind]()
    start = data.index(SCAN) + 20
    for without in (False, True):
        if without:
            monkeypatch.setattr(jpeg, 'sees_damage', lambda: False)
        for place in np.linspace(start, len(data) - size - 80, 20).astype(int):
            damaged = data[:place] + bytes(size) + data[place + size :]
            with pytest.raises(FrameError, match=r'the JPEG is damaged: \d+ bytes .* are zero'):
                decode_compressed(CompressedMessage(damaged))


@pytest.mark.parametrize('level', [0, 128, 255])
@pytest.mark.parametrize('channels', [1, 3])
@pytest.mark.parametrize(
    'option', [cv2.IMWRITE_JPEG_OPTIMIZE, cv2.IMWRITE_JPEG_PROGRESSIVE, cv2.IMWRITE_JPEG_QUALITY]
)
def test_flat_pictures_are_taken_whose_codes_are_zeros(
    option: int, channels: int, level: int
) -> None:
    image = np.full((480, 640, channels), level, np.uint8)
    image[200:210, 300:310] = 90
    frame = decode_compressed(CompressedMessage(encoded(option, 1, image=image)))
    assert frame.height == 480


def test_the_decoder_prints_nothing() -> None:
    code = (
        'import sys\n'
        'from mobilenet_perception.errors import FrameError\n'
        'from mobilenet_perception.frames.compressed import decode_bytes\n'
        'from tests.frames.jpegs import END, encoded\n'
        'data = encoded()\n'
        'for cut in range(len(data) // 2, len(data), 997):\n'
        '    try:\n'
        '        decode_bytes(data[:cut] + END)\n'
        '    except FrameError:\n'
        '        pass\n'
    )
    done = subprocess.run(
        [sys.executable, '-c', code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stderr == '' and done.stdout == ''


def test_without_simplejpeg_sound_files_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jpeg, 'sees_damage', lambda: False)
    assert decode_compressed(CompressedMessage(encoded())).height == 480
