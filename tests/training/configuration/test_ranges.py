# SPDX-License-Identifier: Apache-2.0
"""Values that are out of range are refused with what is allowed."""

import math

import pytest

from tests.training.images.off import OFF, only
from training.configuration.file import check, check_augmentation, with_settings
from training.configuration.settings import Augmentation, Configuration, Head, Network, Stage
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


def test_stages_may_be_empty_where_a_head_is_fitted() -> None:
    none = Configuration('x', (Stage(0, 32, 32),))
    with pytest.raises(TrainingError, match='all stages have 0 epochs, and no head is fitted'):
        check(none)
    weights = Network(weights='mine.h5')
    check(none._replace(network=weights, head=Head(views=1)))
    check(Configuration('x', (Stage(3, 32, 32, 'head'), Stage(0, 32, 32))))


@pytest.mark.parametrize(
    ('setting', 'message'),
    [
        ('minutes=-1', 'minutes is -1: give a number from 0 '),
        ('keep=first', "keep is 'first': choose one of best, last"),
        ('head.views=2', 'head.views fits the last layer to what given weights see'),
        ('head.penalties=[0.1, -1]', 'head.penalties has -1'),
        ('stages=[{"epochs": -1, "height": 32, "width": 32}]', 'a stage needs 0 or more epochs'),
    ],
)
def test_what_cannot_be_meant_is_refused(setting: str, message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        with_settings(Configuration('x', (Stage(1, 32, 32),)), [setting])
