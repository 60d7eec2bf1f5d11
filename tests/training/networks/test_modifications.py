# SPDX-License-Identifier: Apache-2.0
"""Modified networks: equal to Keras' where nothing changes, and else as said."""

from typing import Any

import keras
import numpy as np
import pytest

from tests.training.networks.settings import image, network, random_weights
from training.errors import TrainingError
from training.networks import MODIFICATIONS, NetworkSettings, blocks, build_network
from training.networks.structure import parameters


@pytest.mark.parametrize(
    'architecture',
    ['mobilenet_v1', 'mobilenet_v2', 'mobilenet_v3_large', 'mobilenet_v3_small_minimalistic'],
)
def test_our_builder_makes_the_network_of_keras_applications(architecture: str) -> None:
    theirs = network(architecture)
    ours = network(architecture, blocks=1)  # as many blocks: built by us, and unchanged
    weights = random_weights(theirs)
    theirs.set_weights(weights)
    ours.set_weights(weights)
    expected = theirs(image()).numpy()
    assert np.abs(expected).max() > 0.1
    np.testing.assert_allclose(ours(image()).numpy(), expected, rtol=1e-3, atol=1e-3)
    assert blocks(ours) == blocks(theirs)


def depthwise_of(model: keras.Model) -> list[keras.layers.Layer]:
    return [each for each in model.layers if isinstance(each, keras.layers.DepthwiseConv2D)]


def test_kernel_size() -> None:
    for architecture in ('mobilenet_v1', 'mobilenet_v2', 'mobilenet_v4_conv_small'):
        layers = depthwise_of(network(architecture, kernel_size=7))
        assert {layer.kernel_size for layer in layers} == {(7, 7)}
        assert len(layers) == len(depthwise_of(network(architecture)))
    separable = network('separable_cnn', kernel_size=5).get_layer('block_1_conv')
    assert separable.kernel_size == (5, 5)


def test_expansion() -> None:
    model = network('mobilenet_v2', alpha=1.0, expansion=3)
    assert model.get_layer('block_16_expand').filters == 3 * 160
    assert 'block_0_expand' not in {layer.name for layer in model.layers}


def test_blocks_multiply_the_depth_of_each_stage() -> None:
    assert len(blocks(network('mobilenet_v2'))) == 3 + 17
    assert len(blocks(network('mobilenet_v2', blocks=2))) == 3 + 34
    # Stages of 1, 2, 3, 4, 3, 3 and 1 blocks: half of them, rounded up.
    assert len(blocks(network('mobilenet_v2', blocks=0.5))) == 3 + 1 + 1 + 2 + 2 + 2 + 2 + 1
    strides = [layer.strides[0] for layer in depthwise_of(network('mobilenet_v1', blocks=2))]
    assert strides.count(2) == 4


def test_activation() -> None:
    model = network('mobilenet_v3_small', activation='gelu')
    kinds = {
        layer.activation.__name__
        for layer in model.layers
        if isinstance(layer, keras.layers.Activation)
    }
    assert kinds == {'gelu'}


def test_squeeze_excitation_on_and_off() -> None:
    plain, squeezed = network('mobilenet_v2'), network('mobilenet_v2', squeeze_excitation=True)
    assert parameters(squeezed) > parameters(plain)
    assert sum(isinstance(each, keras.layers.Multiply) for each in squeezed.layers) == 17
    without = network('mobilenet_v3_small', squeeze_excitation=False)
    assert not any(isinstance(each, keras.layers.Multiply) for each in without.layers)


def test_stem_stride_keeps_the_resolution_of_small_images() -> None:
    for architecture in ('mobilenet_v1', 'mobilenet_v3_small'):
        model = network(architecture, 28, stem_stride=1)
        assert model.get_layer('stem').output.shape[1:3] == (28, 28)
        assert model(image(28)).shape == (2, 5)


@pytest.mark.parametrize(
    'architecture',
    ['mobilenet_v1', 'mobilenet_v2', 'mobilenet_v3_small', 'mobilenet_v4_conv_small'],
)
@pytest.mark.parametrize(
    ('modify', 'side'),
    [
        ({'output_stride': 32}, 1),
        ({'output_stride': 8}, 4),
        ({'output_stride': 8, 'stem_stride': 1}, 4),
        ({'output_stride': 2}, 16),
    ],
)
def test_output_stride_keeps_the_resolution_of_the_last_features(
    architecture: str, modify: dict[str, Any], side: int
) -> None:
    model = network(architecture, 32, **modify)
    last = depthwise_of(model)[-1]
    assert last.output.shape[1:3] == (side, side)
    assert parameters(model) == parameters(network(architecture, 32, blocks=1))


@pytest.mark.parametrize(
    ('architecture', 'modify', 'message'),
    [
        ('mobilenet_v1', {'expansion': 4}, 'mobilenet_v1 cannot be modified .* allowed is kernel'),
        ('resnet50', {'blocks': 2}, 'allowed is nothing'),
        ('mobilenet_v2', {'kernel_size': 4}, 'cannot be 4: it takes an odd number'),
        ('mobilenet_v2', {'activation': 'tanhh'}, 'one of relu, relu6'),
        ('mobilenet_v2', {'squeeze_excitation': 1}, 'true or false'),
        ('mobilenet_v2', {'blocks': True}, 'a number above 0'),
        ('mobilenet_v4_conv_small', {'output_stride': 1}, 'it takes 2, 4, 8, 16 or 32'),
    ],
)
def test_what_is_not_allowed_is_said(
    architecture: str, modify: dict[str, Any], message: str
) -> None:
    with pytest.raises(TrainingError, match=message):
        network(architecture, alpha=1.0, **modify)


def test_what_each_takes_is_listed() -> None:
    assert MODIFICATIONS['separable_cnn'] == ('kernel_size', 'activation', 'flatten')
    assert 'expansion' in MODIFICATIONS['mobilenet_v2']


def test_flattened_features_need_one_input_size() -> None:
    flat = network('separable_cnn', flatten=True)
    assert flat.get_layer('logits').kernel.shape[0] == flat.get_layer('flatten').output.shape[1]
    with pytest.raises(TrainingError, match='flatten needs one input size'):
        build_network('separable_cnn', NetworkSettings(None, None, 1.0, 3, 0.0, {'flatten': True}))
