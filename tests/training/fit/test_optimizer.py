# SPDX-License-Identifier: Apache-2.0
import keras
import numpy as np
import pytest

from training.configuration.settings import Optimizer
from training.fit.optimizer import make_optimizer


def network() -> keras.Model:
    layers = [
        keras.Input((4,)),
        keras.layers.Dense(3, bias_initializer='ones'),
        keras.layers.BatchNormalization(),
    ]
    return keras.Sequential(layers)


@pytest.mark.parametrize('name', ['sgd', 'rmsprop', 'adam', 'adamw'])
def test_weight_decay_shrinks_kernels_and_nothing_else(name: str) -> None:
    model = network()
    before = [keras.ops.convert_to_numpy(v) for v in model.trainable_variables]
    optimizer = make_optimizer(Optimizer(name=name, weight_decay=0.5), 0.1)
    zeros = [keras.ops.zeros(v.shape) for v in model.trainable_variables]
    optimizer.apply(zeros, model.trainable_variables)
    kernel, *others = [keras.ops.convert_to_numpy(v) for v in model.trainable_variables]
    # Decoupled: by rate times decay, whatever the gradient.
    np.testing.assert_allclose(kernel, before[0] * (1 - 0.1 * 0.5), rtol=1e-5)
    for ours, theirs in zip(others, before[1:], strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_the_gradient_is_clipped_by_its_global_norm() -> None:
    weight = keras.Variable(np.zeros(4, np.float32))
    settings = Optimizer(name='sgd', momentum=0.0, weight_decay=0.0, clip_norm=1.0)
    optimizer = make_optimizer(settings, 1.0)
    optimizer.apply([keras.ops.ones(4) * 10], [weight])
    np.testing.assert_allclose(np.linalg.norm(keras.ops.convert_to_numpy(weight)), 1.0, rtol=1e-5)
