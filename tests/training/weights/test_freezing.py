# SPDX-License-Identifier: Apache-2.0
"""What is frozen does not move, batch norms neither, and the rest does."""

import keras
import numpy as np
import pytest

from training.architectures import NetworkSettings, build_network
from training.architectures.blocks import layers_by_block
from training.errors import TrainingError
from training.weights import train_from


@pytest.fixture(scope='module')
def network() -> keras.Model:
    return build_network('mobilenet_v1', NetworkSettings(32, 32, 0.25, 3, 0.0))


def step(network: keras.Model) -> set[str]:
    """Train one step; return the paths of the weights that changed."""
    before = [weight.numpy() for weight in network.weights]
    network.compile('sgd', keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (4, 32, 32, 3)).astype(np.float32)
    network.train_on_batch(images, np.array([0, 1, 2, 0]))
    pairs = zip(network.weights, before, strict=True)
    return {weight.path for weight, old in pairs if not np.array_equal(weight.numpy(), old)}


def test_the_head_alone(network: keras.Model) -> None:
    counts = train_from(network, 'head')
    assert counts == (256 * 3 + 3, network.count_params() - 256 * 3 - 3)
    assert step(network) == {'logits/kernel', 'logits/bias'}


def test_from_a_block_on_with_batch_norms_frozen(network: keras.Model) -> None:
    train_from(network, 'block_13')
    changed = step(network)
    late = {
        layer.name for block in ('block_13', 'head') for layer in layers_by_block(network)[block]
    }
    assert {path.split('/')[0] for path in changed} == {
        'conv_dw_13',
        'conv_pw_13',
        'logits',
    } & late
    train_from(network, 'block_13', batch_norm=True)
    assert any('moving_mean' in path for path in step(network))


def test_all(network: keras.Model) -> None:
    fewer = train_from(network, 'block_13').trainable
    assert train_from(network, 'all').trainable > fewer
    assert not any('bn' in path for path in step(network))


def test_an_unknown_block_is_named_with_those_there_are(network: keras.Model) -> None:
    with pytest.raises(TrainingError, match=r"no block 'block_99'.*all.*stem, block_1.*head"):
        train_from(network, 'block_99')
