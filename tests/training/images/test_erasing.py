# SPDX-License-Identifier: Apache-2.0
"""Random erasing: one rectangle, of the paper's sizes, anywhere."""

import numpy as np
import pytest

from training.images.operations import erase


@pytest.mark.parametrize('height, width', [(96, 96), (48, 200), (200, 40)])
def test_one_rectangle_of_2_to_40_percent_is_overwritten(height: int, width: int) -> None:
    image = np.zeros((height, width, 3), np.uint8)
    shares, centres = [], []
    for seed in range(200):
        erased = erase(image, np.random.default_rng(seed)).max(axis=2) > 0
        rows, columns = (np.nonzero(erased.max(axis=axis))[0] for axis in (1, 0))
        sides = np.ptp(rows) + 1, np.ptp(columns) + 1
        assert 0.27 < sides[0] / sides[1] < 3.7
        assert erased[np.ix_(rows, columns)].mean() > 0.99
        shares.append(sides[0] * sides[1] / (height * width))
        # The share is the first that is drawn: no shape of an image makes it smaller.
        assert abs(shares[-1] - np.random.default_rng(seed).uniform(0.02, 0.4)) < 0.02
        centres.append((rows.mean() / height, columns.mean() / width))
    assert 0.015 < min(shares) < 0.06
    assert 0.35 < max(shares) < 0.41
    assert np.allclose(np.mean(centres, axis=0), 0.5, atol=0.05)
    assert not image.any()


@pytest.mark.parametrize('height, width', [(1, 1), (8, 8), (2, 500)])
def test_small_and_long_images_are_no_trouble(height: int, width: int) -> None:
    image = np.zeros((height, width, 3), np.uint8)
    for seed in range(50):
        assert erase(image, np.random.default_rng(seed)).shape == image.shape
