# SPDX-License-Identifier: Apache-2.0
"""Statistics of batch norms are those of the images given, and only while wanted."""

from pathlib import Path

import keras
import numpy as np
import pytest

from tests.training.fit.toy import squares, tiny, train
from training.configuration.settings import Stage
from training.data.data_set import Array, Pixels
from training.fit.network import load_network, network_inputs
from training.fit.optimizer import statistics_of, take_statistics


def network() -> keras.Model:
    image = keras.Input((None, None, 3), dtype='uint8')
    values = keras.layers.Rescaling(1 / 255)(image)
    values = keras.layers.BatchNormalization(name='norm')(values)
    values = keras.layers.Dropout(0.5)(values)
    return keras.Model(image, keras.layers.GlobalAveragePooling2D()(values))


def batches(count: int) -> list[Pixels]:
    random = np.random.default_rng(0)
    return [random.integers(0, 50 * (n + 1), (8, 6, 6, 3), np.uint8) for n in range(count)]


def statistics(model: keras.Model) -> list[Array]:
    return [np.array(variable) for variable in model.non_trainable_variables]


def test_they_are_the_means_over_the_batches() -> None:
    model, given = network(), batches(4)
    momentum = model.get_layer('norm').momentum
    take_statistics(model, given)
    norm = model.get_layer('norm')
    scaled = [one / 255 for one in given]
    means = np.mean([one.mean(axis=(0, 1, 2)) for one in scaled], axis=0)
    variances = np.mean([one.var(axis=(0, 1, 2)) for one in scaled], axis=0)
    np.testing.assert_allclose(norm.moving_mean, means, rtol=1e-4)
    np.testing.assert_allclose(norm.moving_variance, variances, rtol=1e-4)
    assert norm.momentum == momentum


def test_frozen_ones_keep_what_they_have_and_nothing_changes_nothing() -> None:
    model = network()
    norm = model.get_layer('norm')
    before = np.array(norm.moving_mean)
    take_statistics(model, [])
    assert np.array_equal(before, norm.moving_mean)
    norm.trainable = False
    take_statistics(model, batches(2))
    assert np.array_equal(before, norm.moving_mean)


def test_afterwards_all_is_as_before_even_if_that_fails() -> None:
    model = network()
    before = statistics(model)
    with pytest.raises(RuntimeError, match='ours'), statistics_of(model, batches(2)):
        assert not np.array_equal(before[0], statistics(model)[0])
        raise RuntimeError('ours')
    assert all(map(np.array_equal, before, statistics(model)))


@pytest.mark.parametrize('patience', [0, 5])
def test_a_training_ends_with_those_of_its_images_as_they_are(
    tmp_path: Path, patience: int
) -> None:
    settings = ('data.validation_share=0.2', 'data.test_share=0', f'patience={patience}')
    wild = ('augmentation.cutmix=1', 'augmentation.brightness=0.5', 'batch_size=8')
    many = 'optimizer.batch_norm_batches=100'
    run = train(tmp_path / 'run', tiny(*settings, *wild, many, stages=(Stage(2, 24, 24),)))
    model, data = load_network(run), squares()
    found = np.array(model.non_trainable_variables[0])
    take_statistics(model, [network_inputs(run.split().select(data.samples, 'train'), 24, 24)])
    np.testing.assert_allclose(found, model.non_trainable_variables[0], atol=0.02)
