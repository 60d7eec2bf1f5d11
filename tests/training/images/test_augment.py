# SPDX-License-Identifier: Apache-2.0
"""What each field of an augmentation does to an image, and what it leaves alone."""

import numpy as np
import pytest

from tests.training.images.off import OFF, only
from training.configuration.settings import Augmentation
from training.data.data_set import Pixels
from training.images.augment import augment

EVERYTHING = Augmentation(
    flip=True, blur=0.5, noise=0.5, randaugment=2, mixup=0.2, cutmix=1.0, erasing=0.5
)


def varied(pixels: Pixels, augmentation: Augmentation, count: int = 20) -> list[Pixels]:
    return [augment(pixels, augmentation, np.random.default_rng(seed)) for seed in range(count)]


def test_with_all_off_the_image_is_the_same_array(sign: Pixels) -> None:
    assert augment(sign, OFF, np.random.default_rng(0)) is sign


@pytest.mark.parametrize('height, width', [(8, 8), (64, 48), (40, 200)])
def test_shape_type_and_the_given_image_stay(height: int, width: int) -> None:
    image = np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)
    before = image.copy()
    for one in varied(image, EVERYTHING):
        assert one.shape == image.shape
        assert one.dtype == np.uint8
    assert np.array_equal(image, before)


def test_the_same_chance_gives_the_same_image(sign: Pixels) -> None:
    first, second = varied(sign, EVERYTHING), varied(sign, EVERYTHING)
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert len({one.tobytes() for one in first}) > 15


def test_flip_mirrors_exactly_about_half_of_the_images(sign: Pixels) -> None:
    flipped = 0
    for one in varied(sign, OFF._replace(flip=True), 100):
        mirrored = np.array_equal(one, sign[:, ::-1])
        assert mirrored or np.array_equal(one, sign)
        flipped += mirrored
    assert 30 < flipped < 70


@pytest.mark.parametrize(
    'augmentation',
    [
        Augmentation(),
        Augmentation(blur=0.5, noise=0.5, randaugment=2),
        OFF._replace(rotation=45.0, zoom=0.5, translation=0.2),
    ],
)
def test_left_stays_left_without_flip(augmentation: Augmentation) -> None:
    image = np.zeros((60, 60, 3), np.uint8)
    image[20:40, 15:30, 0] = 255
    image[20:40, 30:45, 2] = 255
    for one in varied(image, augmentation, 100):
        red, blue = one[..., 0].astype(float), one[..., 2].astype(float)
        columns = np.arange(60)
        centre = [((c - c.min()).sum(axis=0) @ columns) / (c - c.min()).sum() for c in (red, blue)]
        assert centre[0] < centre[1]


def test_no_setting_shows_a_whole_mirrored_copy() -> None:
    image = np.full((60, 60, 3), 128, np.uint8)
    image[10:50, 12:30] = (255, 0, 0)
    image[10:50, 30:48] = (0, 0, 255)
    for one in varied(image, OFF._replace(translation=0.5, zoom=1.0), 100):
        row = one.astype(int)[:, :, 0] - one[:, :, 2]
        red_after_blue = (row[:, :-4] < -200) & (row[:, 4:] > 200)
        assert not red_after_blue.any()


def test_translation_moves_as_far_as_allowed() -> None:
    image = np.zeros((100, 200, 3), np.uint8)
    image[45:55, 95:105] = 255
    moves = []
    for one in varied(image, OFF._replace(translation=0.1), 100):
        rows, columns = np.nonzero(one[..., 0] > 127)
        moves.append((columns.mean() - 99.5, rows.mean() - 49.5))
    x, y = np.abs(np.array(moves)).max(axis=0)
    assert 17 < x < 20.6
    assert 8.5 < y < 10.6


def test_zoom_scales_about_the_centre() -> None:
    image = np.zeros((100, 100, 3), np.uint8)
    image[40:60, 40:60] = 255
    sides = []
    for one in varied(image, OFF._replace(zoom=0.5), 100):
        rows, columns = np.nonzero(one[..., 0] > 127)
        assert abs(rows.mean() - 49.5) < 0.6
        assert abs(columns.mean() - 49.5) < 0.6
        sides.append(np.ptp(rows) + 1)
    assert 13 <= min(sides) <= 14
    assert 29 <= max(sides) <= 31


def test_rotation_turns_within_its_range_to_both_sides() -> None:
    image = np.zeros((101, 101, 3), np.uint8)
    image[49:52, 10:91] = 255
    degrees = []
    for one in varied(image, OFF._replace(rotation=20.0), 100):
        rows, columns = np.nonzero(one[..., 0] > 100)
        degrees.append(np.degrees(np.arctan(np.polyfit(columns, rows, 1)[0])))
    assert -20.5 < min(degrees) < -17
    assert 17 < max(degrees) < 20.5


def test_brightness_shifts_and_contrast_scales_the_levels(sign: Pixels) -> None:
    soft = (100 + sign.astype(int) // 6).astype(np.uint8)
    shifts = [one.mean() - soft.mean() for one in varied(soft, OFF._replace(brightness=0.1), 100)]
    assert -26 < min(shifts) < -22
    assert 22 < max(shifts) < 26
    contrasted = varied(soft, OFF._replace(contrast=0.3), 100)
    assert all(abs(one.mean() - soft.mean()) < 1 for one in contrasted)
    factors = [one.std() / soft.std() for one in contrasted]
    assert 0.68 < min(factors) < 0.75
    assert 1.25 < max(factors) < 1.32


def test_a_dark_image_keeps_what_it_shows(sign: Pixels) -> None:
    dark = sign // 5
    for one in varied(dark, OFF._replace(brightness=0.9)):
        assert one.std() > 0.3 * dark.std()


@pytest.mark.parametrize('field', ['blur', 'noise', 'erasing'])
def test_chances_are_kept(sign: Pixels, field: str) -> None:
    changed = [not np.array_equal(one, sign) for one in varied(sign, only(field, 0.3), 200)]
    assert 0.18 < np.mean(changed) < 0.42
