# SPDX-License-Identifier: Apache-2.0
"""What may be varied, and what is refused before anything is trained."""

import pytest

from training.configuration.settings import Configuration, Stage
from training.errors import TrainingError
from training.sweep.record import (
    Attribute,
    check_attributes,
    parse_attribute,
    trial_name,
    with_values,
)

BASE = Configuration(name='base', stages=(Stage(2, 32, 32), Stage(5, 96, 96)))


@pytest.mark.parametrize(
    ('text', 'attribute'),
    [
        ('network.alpha=0.25,0.5', Attribute('network.alpha', (0.25, 0.5))),
        ('optimizer.name=sgd,adamw', Attribute('optimizer.name', ('sgd', 'adamw'))),
        ('loss.class_weights=true,false', Attribute('loss.class_weights', (True, False))),
        ('network.dropout=0..0.5', Attribute('network.dropout', (), 0.0, 0.5)),
        (
            'optimizer.learning_rate=log:1e-4..1e-1',
            Attribute('optimizer.learning_rate', (), 1e-4, 0.1, logarithmic=True),
        ),
        ('size=32..96', Attribute('size', (), 32.0, 96.0, whole=True)),
    ],
)
def test_values_and_ranges_are_read(text: str, attribute: Attribute) -> None:
    assert parse_attribute(text) == attribute


@pytest.mark.parametrize(
    ('text', 'sentence'),
    [
        ('network.alpha', 'says nothing to vary'),
        ('network.alpha=0.5', 'two or more'),
        ('network.alpha=0.5,0.5', 'two or more'),
        ('network.alpha=1..0.5', 'must rise'),
        ('network.alpha=log:0..1', 'begin above 0'),
        ('network.alpha=a..1', "'a' is no number"),
        ('network.alpha=log:1,2', 'says nothing to vary'),
    ],
)
def test_what_cannot_be_varied_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(TrainingError, match=sentence):
        parse_attribute(text)


def test_settings_are_changed_and_the_size_is_that_of_the_last_stage() -> None:
    found = with_values(BASE, {'size': 64, 'epochs': 9, 'optimizer.name': 'sgd'})
    assert found.stages == (Stage(2, 32, 32), Stage(9, 64, 64))
    assert found.optimizer.name == 'sgd'


@pytest.mark.parametrize(
    ('texts', 'sentence'),
    [
        (['optimizer.rate=1,2'], 'there is no setting'),
        (['network.alpha=0.5,20'], 'network.alpha is 20'),
        (['network.dropout=0..2'], 'network.dropout is 2'),
        (['size=4,32'], '8 x 8'),
        (['size=0.5,0.6'], 'must be a whole number'),
        (['seed=1,2', 'seed=3,4'], 'varied twice'),
        (['name=a,b'], 'cannot be varied'),
    ],
)
def test_every_value_is_checked_before_the_first_trial(texts: list[str], sentence: str) -> None:
    with pytest.raises(TrainingError, match=sentence):
        check_attributes(BASE, [parse_attribute(text) for text in texts])


def test_names_of_trials_are_file_names_that_say_what_they_are() -> None:
    assert trial_name(7, {'optimizer.learning_rate': 0.00123456, 'network.alpha': 0.5}) == (
        '007_learning_rate_0.001235_alpha_0.5'
    )
    odd = trial_name(1, {'network.weights': '../a file', **{f'x{i}': 'y' * 20 for i in range(9)}})
    assert len(odd) <= 60
    assert '/' not in odd
    assert ' ' not in odd
