# SPDX-License-Identifier: Apache-2.0
"""What is frozen does not move, batch norms neither, and the rest does."""

import keras
import numpy as np
import pytest

from training.errors import TrainingError
from training.networks import NetworkSettings, build_network
from training.networks.weights import train_from


@pytest.fixture(scope='module')
def network() -> keras.Model:
    return build_network('separable_cnn', NetworkSettings(16, 16, 1.0, 3, 0.0))


def step(network: keras.Model) -> set[str]:
    """Train one step; return the paths of the weights that changed."""
    before = [weight.numpy() for weight in network.weights]
    network.compile('sgd', keras.losses.SparseCategoricalCrossentropy(True), run_eagerly=True)
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (4, 16, 16, 3)).astype(np.float32)
    network.train_on_batch(images, np.array([0, 1, 2, 0]))
    pairs = zip(network.weights, before, strict=True)
    return {weight.path for weight, old in pairs if not np.array_equal(weight.numpy(), old)}


def test_the_head_alone(network: keras.Model) -> None:
    counts = train_from(network, 'head')
    assert counts == (64 * 3 + 3, network.count_params() - 64 * 3 - 3)
    assert step(network) == {'logits/kernel', 'logits/bias'}


def test_from_a_block_on_with_batch_norms_frozen(network: keras.Model) -> None:
    train_from(network, 'block_1')
    assert {path.split('/')[0] for path in step(network)} == {'block_1_conv', 'logits'}
    train_from(network, 'block_1', batch_norm=True)
    moved = {path.split('/')[0] for path in step(network)}
    assert moved == {'block_1_conv', 'block_1_norm', 'logits'}


def test_all(network: keras.Model) -> None:
    fewer = train_from(network, 'block_1').trainable
    assert train_from(network, 'all').trainable > fewer
    moved = {path.split('/')[0] for path in step(network)}
    assert moved == {'block_0_conv', 'block_1_conv', 'logits'}


def test_an_unknown_block_is_named_with_those_there_are(network: keras.Model) -> None:
    with pytest.raises(
        TrainingError, match=r"no block 'block_99'.*all.*stem, block_0, block_1, head"
    ):
        train_from(network, 'block_99')
