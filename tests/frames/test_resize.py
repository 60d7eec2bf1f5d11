# SPDX-License-Identifier: Apache-2.0
"""Crop and resize: late conversion, regions of interest."""

import numpy as np
import pytest

from mobilenet_perception.errors import FrameError
from mobilenet_perception.frames import Frame, PixelOrder, RegionOfInterest, crop, crop_and_resize

RANDOM = np.random.default_rng(3)
CHANNELS: dict[PixelOrder, int] = {'rgb': 3, 'bgr': 3, 'rgba': 4, 'bgra': 4, 'mono': 1}


@pytest.mark.parametrize(
    'roi', [None, RegionOfInterest(13, 7, 41, 33), RegionOfInterest(3, 2, 5, 4)]
)
@pytest.mark.parametrize('target', [(96, 96), (32, 20), (7, 50)])
@pytest.mark.parametrize('size', [(480, 640), (61, 77), (192, 192), (120, 1000)])
@pytest.mark.parametrize('order', CHANNELS)
def test_late_conversion_equals_early_to_the_last_bit(
    order: PixelOrder,
    size: tuple[int, int],
    target: tuple[int, int],
    roi: RegionOfInterest | None,
) -> None:
    shape = size if order == 'mono' else (*size, CHANNELS[order])
    late = Frame(RANDOM.integers(0, 256, shape, np.uint8), order)
    early = Frame(late.rgb(), 'rgb')
    found = crop_and_resize(late, *target, roi)
    assert found.shape == (*target, 3)
    assert found.flags.c_contiguous
    np.testing.assert_array_equal(found, crop_and_resize(early, *target, roi))


def test_row_padding_and_read_only_memory_change_nothing() -> None:
    padded = RANDOM.integers(0, 256, (100, 3 * 120 + 5), np.uint8)
    view = padded[:, :360].reshape(100, 120, 3)
    view.flags.writeable = False
    expected = crop_and_resize(Frame(np.ascontiguousarray(view), 'bgr'), 32, 32)
    np.testing.assert_array_equal(crop_and_resize(Frame(view, 'bgr'), 32, 32), expected)


def test_region_is_in_camera_pixels_and_clipped() -> None:
    pixels = np.zeros((50, 100), np.uint8)
    pixels[20:30, 40:60] = 255
    reduced = Frame(pixels, 'mono', scale=0.25)
    inside = crop_and_resize(reduced, 8, 8, RegionOfInterest(160, 80, 80, 40))
    assert inside.min() == 255
    clipped = crop_and_resize(reduced, 8, 8, RegionOfInterest(-40, -40, 100, 100))
    assert clipped.max() == 0
    with pytest.raises(FrameError, match='outside the frame of 400x200 pixels'):
        crop_and_resize(reduced, 8, 8, RegionOfInterest(400, 0, 10, 10))


@pytest.mark.parametrize(
    ('roi', 'shape'),
    [
        (RegionOfInterest(639, 10, 40, 40), (20, 1)),
        (RegionOfInterest(-39, 10, 40, 40), (20, 1)),
        (RegionOfInterest(10, 479, 40, 1), (1, 20)),
    ],
)
def test_a_part_of_a_pixel_of_a_reduced_frame_is_one(
    roi: RegionOfInterest, shape: tuple[int, int]
) -> None:
    half = Frame(np.zeros((240, 320, 3), np.uint8), 'bgr', 0.5)
    assert crop(half, roi).pixels.shape[:2] == shape


@pytest.mark.parametrize(
    'roi', [RegionOfInterest(640, 10, 40, 40), RegionOfInterest(-40, 10, 40, 40)]
)
def test_what_only_touches_a_reduced_frame_lies_outside(roi: RegionOfInterest) -> None:
    half = Frame(np.zeros((240, 320, 3), np.uint8), 'bgr', 0.5)
    with pytest.raises(FrameError, match='lies outside the frame of 640x480 pixels'):
        crop(half, roi)
