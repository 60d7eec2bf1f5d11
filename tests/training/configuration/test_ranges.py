# SPDX-License-Identifier: Apache-2.0
"""Values that are out of range are refused with what is allowed."""

import math

import pytest

from tests.training.images.off import OFF, only
from training.configuration.file import check_augmentation
from training.configuration.settings import Augmentation
from training.errors import TrainingError

NUMBERS = [name for name in OFF._asdict() if name not in ('flip', 'mirrored')]


def test_defaults_and_off_are_allowed() -> None:
    check_augmentation(Augmentation())
    check_augmentation(OFF)


@pytest.mark.parametrize('name', NUMBERS)
@pytest.mark.parametrize('value', [-0.1, 1000.0, math.nan])
def test_each_number_has_a_range(name: str, value: float) -> None:
    with pytest.raises(
        TrainingError, match=rf'^augmentation\.{name} is .*: give a number from 0 '
    ):
        check_augmentation(only(name, value))


def test_images_are_mirrored_in_one_way() -> None:
    both = Augmentation(flip=True, mirrored={'keep_left': 'keep_right'})
    with pytest.raises(TrainingError, match='give one of the two'):
        check_augmentation(both)
