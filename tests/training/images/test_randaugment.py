# SPDX-License-Identifier: Apache-2.0
"""RandAugment: operations that grow with their level and keep what is shown."""

from collections.abc import Callable

import numpy as np
import pytest

from training.data.data_set import Pixels
from training.images import operations
from training.images.operations import OPERATIONS, randaugment

Operation = Callable[[Pixels, float], Pixels]
LEVELLED = [o for o in OPERATIONS if o.__name__ not in ('identity', 'auto_contrast', 'equalize')]


def difference(a: Pixels, b: Pixels) -> float:
    return float(np.abs(a.astype(int) - b).mean())


@pytest.mark.parametrize('operation', OPERATIONS)
def test_shape_type_and_the_given_image_stay(sign: Pixels, operation: Operation) -> None:
    before = sign.copy()
    for level in (-1.0, 0.3, 1.0):
        changed = operation(sign, level)
        assert changed.shape == sign.shape
        assert changed.dtype == np.uint8
    assert np.array_equal(sign, before)


@pytest.mark.parametrize('operation', LEVELLED)
def test_no_level_no_change_and_more_of_it_more(sign: Pixels, operation: Operation) -> None:
    soft = (60 + sign.astype(int) // 3).astype(np.uint8)
    assert np.array_equal(operation(soft, 0.0), soft)
    assert 0 < difference(operation(soft, 0.3), soft) < difference(operation(soft, 1.0), soft)


def test_auto_contrast_stretches_to_full_scale_and_leaves_one_colour_alone(sign: Pixels) -> None:
    stretched = operations.auto_contrast(60 + sign // 3, 0.5)
    assert (stretched.min(), stretched.max()) == (0, 255)
    grey = np.full((8, 8, 3), 77, np.uint8)
    assert np.array_equal(operations.auto_contrast(grey, 1.0), grey)


def test_equalize_spreads_brightness_and_keeps_the_hue(sign: Pixels) -> None:
    dark = 30 + sign // 8
    equalized = operations.equalize(dark, 0.5).astype(int)
    assert equalized.std() > 1.5 * dark.std()
    red = dark[..., 0].astype(int) - dark[..., 1] > 10
    assert red.any()
    assert (equalized[..., 0] > equalized[..., 1])[red].mean() > 0.95


def test_a_red_light_stays_red_at_every_level() -> None:
    red = np.full((32, 32, 3), 40, np.uint8)
    red[8:24, 8:24] = (220, 30, 20)
    for operation in OPERATIONS:
        for level in (-1.0, -0.5, 0.5, 1.0):
            lit = operation(red, level)[16, 16].astype(int)
            assert lit[0] > lit[1:].max(), (operation.__name__, level)


def test_posterize_leaves_four_bits_at_the_highest_level(sign: Pixels) -> None:
    assert not (operations.posterize(sign, -1.0) & 0x0F).any()


def test_translation_goes_the_way_of_its_sign() -> None:
    image = np.zeros((100, 100, 3), np.uint8)
    image[50, 50] = 255
    assert operations.translate_x(image, 0.5)[50, 60, 0] == 255
    assert operations.translate_y(image, -1.0)[30, 50, 0] == 255


def test_operations_are_drawn_evenly_and_as_many_as_asked_for(
    sign: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, float]] = []

    def note(index: int) -> Operation:
        def operation(pixels: Pixels, level: float) -> Pixels:
            seen.append((index, level))
            return pixels

        return operation

    monkeypatch.setattr(operations, 'OPERATIONS', tuple(note(i) for i in range(4)))
    random = np.random.default_rng(2)
    for _ in range(200):
        randaugment(sign, 3, 7.0, random)
    assert len(seen) == 600
    assert np.bincount([index for index, _ in seen]).min() > 110
    assert {level for _, level in seen} == {-0.7, 0.7}
