# SPDX-License-Identifier: Apache-2.0
"""What the flags of `fit` come to, before any data are read."""

import argparse

import pytest

from training.commands.arguments import add_configuration, configured
from training.configuration.settings import Augmentation, Configuration
from training.errors import TrainingError


def asked(*flags: str) -> Configuration:
    parser = argparse.ArgumentParser()
    add_configuration(parser)
    (found,) = configured(parser.parse_args(['photos', *flags]))
    return found


def test_the_head_comes_first_and_the_network_learns_at_a_tenth_of_its_rate() -> None:
    head, network = asked('--weights', 'w.h5', '--head-epochs', '4', '--epochs', '2').stages
    assert (head.epochs, head.train, head.learning_rate) == (4, 'head', 2e-3)
    assert (network.epochs, network.train, network.learning_rate) == (2, 'all', 2e-4)
    slower = asked('--weights', 'w.h5', '--head-epochs', '4', '--learning-rate', '0.01').stages
    assert [stage.learning_rate for stage in slower] == [0.01, 0.001]


def test_the_head_alone_may_be_asked_for() -> None:
    assert [stage.epochs for stage in asked('--head-epochs', '5', '--epochs', '0').stages] == [
        5,
        0,
    ]
    fitted = asked('--weights', 'w.h5', '--epochs', '0')
    assert (fitted.epochs, fitted.head.views) == (0, 1)
    by_setting = asked('--set', 'network.weights=w.h5', '--epochs', '0')
    assert by_setting.head.views == 1


def test_what_files_do_not_tell_may_be_said() -> None:
    found = asked('--weights', 'w.onnx', '--scaling', '-1..1', '--significant-bits', '12')
    assert (found.network.scaling, found.data.significant_bits) == ('-1..1', 12)
    with pytest.raises(TrainingError, match='significant_bits is 4: give 8 to 16'):
        asked('--significant-bits', '4')


def test_minutes_are_a_limit_of_any_training() -> None:
    assert asked('--minutes', '2.5').minutes == 2.5
    assert asked().minutes == 0


def test_images_of_a_shallow_network_are_varied_little() -> None:
    light = asked('--architecture', 'separable_cnn').augmentation
    assert light.rotation < Augmentation().rotation
    assert light.contrast < Augmentation().contrast
    assert asked('--set', 'network.architecture=separable_cnn').augmentation == light
    named = asked('--architecture', 'separable_cnn', '--set', 'augmentation.rotation=7')
    assert named.augmentation == light._replace(rotation=7)
    assert asked().augmentation == Augmentation()
