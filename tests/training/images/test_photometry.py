# SPDX-License-Identifier: Apache-2.0
"""Light, lens and sensor."""

import numpy as np

from training.data.data_set import Pixels
from training.images.composition import random_background
from training.images.operations import blur, degrade, jpeg, noise, tone


def test_the_same_chance_gives_the_same_image() -> None:
    image = random_background(50, 70, (), np.random.default_rng(3))
    assert image.shape == (50, 70, 3)
    assert image.dtype == np.uint8
    first, second = (degrade(image, np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, degrade(image, np.random.default_rng(6)))


def test_tone_is_linear_rounded_and_clipped() -> None:
    image = np.array([0, 7, 100, 200, 255], np.uint8).reshape(1, 5, 1).repeat(3, axis=2)
    assert tone(image, 1.5, -10.0)[0, :, 0].tolist() == [0, 0, 140, 255, 255]
    assert np.array_equal(tone(image, 1.0, 0.0), image)


def test_noise_is_as_strong_as_a_sensor_gives_and_does_not_shift_the_mean() -> None:
    grey = np.full((64, 64, 3), 128, np.uint8)
    for seed in range(20):
        noisy = noise(grey, np.random.default_rng(seed)).astype(float)
        assert 0.9 < noisy.std() < 10.5
        assert abs(noisy.mean() - 128) < 1


def test_blur_keeps_the_mean_and_takes_detail(sign: Pixels) -> None:
    detail = np.abs(np.diff(sign.astype(int), axis=0)).sum()
    for seed in range(20):
        blurred = blur(sign, np.random.default_rng(seed)).astype(int)
        assert abs(blurred.mean() - sign.mean()) < 3
        assert np.abs(np.diff(blurred, axis=0)).sum() < 1.01 * detail


def test_jpeg_comes_closer_with_quality(sign: Pixels) -> None:
    poor, good = (np.abs(jpeg(sign, q).astype(int) - sign).mean() for q in (20, 95))
    assert 0 < good < poor < 20
