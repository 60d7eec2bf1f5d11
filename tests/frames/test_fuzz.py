# SPDX-License-Identifier: Apache-2.0
"""Whatever comes in, a frame or a FrameError comes out."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilenet_perception.errors import FrameError
from mobilenet_perception.frames import (
    ENCODINGS,
    Frame,
    decode_compressed,
    decode_file,
    decode_image,
)
from tests.frames.raw import CompressedMessage, RawMessage
from tests.frames.test_compressed import JPEG, PNG
from tests.support import ROOT

_SIBLING = ROOT.parent / 'shared' / 'data'
ODD_IMAGES = Path(os.environ.get('MOBILENET_PERCEPTION_DATA', _SIBLING)) / 'odd-images'

# Its restart intervals are mixed up: stripes, which Pillow and OpenCV take for a picture.
_DAMAGED = ('hopper_bad_exif.jpg',)

uint32 = st.one_of(st.integers(0, 9), st.integers(0, 2**32 - 1))
encoding = st.one_of(st.sampled_from(sorted(ENCODINGS)), st.text(max_size=20))


def check(frame: Frame) -> None:
    rgb = frame.rgb()
    assert rgb.dtype == np.uint8
    assert rgb.shape == (frame.height, frame.width, 3)


@settings(deadline=None, max_examples=500)
@given(uint32, uint32, encoding, uint32, st.binary(max_size=300), st.integers(0, 255))
def test_raw(height: int, width: int, name: str, step: int, data: bytes, big: int) -> None:
    try:
        frame = decode_image(RawMessage(height, width, name, step, data, big))
    except FrameError:
        return
    assert (frame.height, frame.width) == (height, width)
    check(frame)


@settings(deadline=None, max_examples=500)
@given(st.data(), st.sampled_from(sorted(ENCODINGS)), st.integers(1, 9), st.integers(1, 9))
def test_raw_of_about_the_right_size(
    data: st.DataObject, name: str, height: int, width: int
) -> None:
    step = width * data.draw(st.integers(1, 8)) + data.draw(st.integers(0, 3))
    size = int(step * height * data.draw(st.sampled_from([1, 1.5, 3])))
    size = max(0, size + data.draw(st.sampled_from([0, 0, 0, -1, 1])))
    try:
        frame = decode_image(RawMessage(height, width, name, step, bytes(size)))
    except FrameError:
        return
    check(frame)


@settings(deadline=None, max_examples=500)
@given(
    st.sampled_from([JPEG, PNG]),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=8),
    st.floats(0, 1),
    st.integers(0, 300),
)
def test_damaged_files(
    data: bytes, changes: list[tuple[float, int]], kept: float, wanted: int
) -> None:
    damaged = bytearray(data)
    for place, value in changes:
        damaged[int(place * (len(damaged) - 1))] = value
    cut = damaged if kept > 0.5 else damaged[: int(2 * kept * len(damaged))]
    try:
        check(decode_compressed(CompressedMessage(bytes(cut)), wanted, wanted))
    except FrameError:
        return


@settings(deadline=None, max_examples=300)
@given(st.sampled_from([b'', JPEG[:3], JPEG[:200], PNG[:8], PNG[:33]]), st.binary(max_size=200))
def test_rubbish(start: bytes, rest: bytes) -> None:
    try:
        check(decode_compressed(CompressedMessage(start + rest)))
    except FrameError:
        return


@pytest.mark.skipif(not ODD_IMAGES.is_dir(), reason=f'no folder {ODD_IMAGES}: it is test data')
def test_odd_images() -> None:
    rows = (ODD_IMAGES / 'manifest.tsv').read_text().splitlines()[1:]
    decoded = 0
    for row in rows:
        name, _, by_pillow, by_opencv = row.split('\t')
        path = ODD_IMAGES / name
        for decode in (
            lambda path: decode_compressed(CompressedMessage(path.read_bytes())),
            decode_file,
        ):
            try:
                frame = decode(path)
            except FrameError as error:
                assert '\n' not in str(error)
                if path.name in _DAMAGED:
                    assert 'is damaged' in str(error)
                elif path.suffix in ('.jpg', '.png') and 'ERR' not in by_pillow:
                    assert by_opencv == 'None', f'{name} is a sound image: {error}'
            else:
                check(frame)
                decoded += 1
    assert decoded > 600


def test_odd_images_that_must_be_refused() -> None:
    if not ODD_IMAGES.is_dir():
        pytest.skip(f'no folder {ODD_IMAGES}: it is test data')
    images = ODD_IMAGES / 'pillow' / 'Tests' / 'images'
    for name in ('truncated_jpeg.jpg', 'truncated_image.png', 'broken_data_stream.png'):
        with pytest.raises(FrameError):
            decode_compressed(CompressedMessage((images / name).read_bytes()))
