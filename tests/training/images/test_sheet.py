# SPDX-License-Identifier: Apache-2.0
"""The sheet that shows what an augmentation does."""

import numpy as np
import pytest

from mobilenet_perception.frames import Frame, crop_and_resize
from tests.training.images.off import OFF
from training.configuration.settings import Augmentation
from training.data.data_set import Pixels
from training.errors import TrainingError
from training.images.augment import augmentation_sheet


def test_originals_come_first_and_variants_after(sign: Pixels) -> None:
    samples = [sign, sign[:40], sign[:, ::-1]]
    sheet = augmentation_sheet(samples, OFF, seed=1, height=32, width=40, variants=3)
    assert sheet.shape == (3 * 34 - 2, 4 * 42 + 2, 3)
    for i, pixels in enumerate(samples):
        original = crop_and_resize(Frame(pixels, 'rgb'), 32, 40)
        row = sheet[i * 34 : i * 34 + 32]
        assert np.array_equal(row[:, :40], original)
        assert np.array_equal(row[:, 46:86], original)


def test_the_seed_decides(sign: Pixels) -> None:
    varied = Augmentation(mixup=0.2)
    sheets = [augmentation_sheet([sign, sign[::-1]], varied, seed) for seed in (1, 1, 2)]
    assert np.array_equal(sheets[0], sheets[1])
    assert not np.array_equal(sheets[0], sheets[2])


def test_no_images_is_said() -> None:
    with pytest.raises(TrainingError, match='no images'):
        augmentation_sheet([], OFF, seed=1)
