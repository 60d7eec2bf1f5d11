# SPDX-License-Identifier: Apache-2.0
"""Any size, blocks by name, one batch norm momentum, and refusals."""

import keras
import numpy as np
import pytest

from tests.training.networks.settings import image, network, random_weights
from training.errors import TrainingError
from training.networks import NetworkSettings, blocks, build_network
from training.networks.comparison import FAMILIES, scaled_image
from training.networks.structure import layers_by_block


@pytest.mark.parametrize(
    'architecture',
    ['mobilenet_v1', 'mobilenet_v2', 'mobilenet_v3_small', 'mobilenet_v4_conv_small'],
)
def test_a_network_of_any_size_equals_that_of_a_fixed_one(architecture: str) -> None:
    fixed, free = network(architecture, 96), network(architecture, None)
    weights = random_weights(fixed)
    fixed.set_weights(weights)
    free.set_weights(weights)
    np.testing.assert_allclose(free(image(96)), fixed(image(96)), rtol=1e-3, atol=1e-3)
    assert free(image(32)).shape == (2, 5)


@pytest.mark.parametrize(
    ('architecture', 'count', 'has_top'),
    [('mobilenet_v1', 13, False), ('mobilenet_v3_small', 11, True), ('separable_cnn', 2, False)],
)
def test_blocks_are_named_in_order(architecture: str, count: int, has_top: bool) -> None:
    model = network(architecture)
    names = blocks(model)
    first = 1 if architecture == 'mobilenet_v1' else 0
    numbered = [f'block_{number}' for number in range(first, first + count)]
    assert names == ['stem', *numbered, *(['top'] if has_top else []), 'head']
    by_block = layers_by_block(model)
    assert [layer.name for layer in by_block['head']] == ['dropout', 'logits']
    assert sum(len(layers) for layers in by_block.values()) == len(model.layers)


def test_blocks_of_mobilenet_v4() -> None:
    model = network('mobilenet_v4_conv_small')
    assert blocks(model) == ['stem', *(f'block_{number}' for number in range(16)), 'top', 'head']
    assert any(layer.name == 'top_embedding' for layer in layers_by_block(model)['top'])


def test_batch_norms_follow_a_short_training() -> None:
    for architecture in ('mobilenet_v2', 'separable_cnn'):
        norms = [
            layer
            for layer in network(architecture).layers
            if isinstance(layer, keras.layers.BatchNormalization)
        ]
        assert {layer.momentum for layer in norms} == {0.98}


@pytest.mark.parametrize(
    ('name', 'module'),
    [
        ('densenet121', keras.applications.densenet),
        ('nasnet_mobile', keras.applications.nasnet),
        ('resnet50', keras.applications.resnet),
        ('resnet50_v2', keras.applications.resnet_v2),
        ('vgg16', keras.applications.vgg16),
        ('xception', keras.applications.xception),
    ],
)
def test_other_families_scale_as_their_weights_expect(name: str, module: object) -> None:
    settings = NetworkSettings(8, 8, 1.0, 2, 0.0)
    scaled = scaled_image(FAMILIES[name].scaling, settings)
    ours = keras.Model(scaled.raw, scaled.scaled)(image(8))
    theirs = module.preprocess_input(image(8).copy())  # type: ignore[attr-defined]
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_efficientnet_gets_the_division_that_its_weights_expect() -> None:
    settings = NetworkSettings(8, 8, 1.0, 2, 0.0)
    scaled = scaled_image(FAMILIES['efficientnet_b0'].scaling, settings)
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    # What the network's own layers go on to do, with the mean and variance of its weights.
    ours = (keras.Model(scaled.raw, scaled.scaled)(image(8)).numpy() / 255 - mean) / deviation
    theirs = (image(8) / 255 - mean) / deviation / np.sqrt(deviation)
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


@pytest.mark.parametrize(
    ('architecture', 'changes', 'message'),
    [
        ('mobilenet_v9', {}, "'mobilenet_v9'.*mobilenet_v2"),
        ('mobilenet_v1', {'alpha': 0.0}, 'alpha is 0.0: it must be above 0'),
        ('mobilenet_v1', {'classes': 0}, 'classes is 0'),
        ('mobilenet_v1', {'dropout': 1.0}, 'dropout is 1.0'),
        ('mobilenet_v1', {'height': -1}, 'height is -1'),
        ('resnet50', {'alpha': 0.5}, 'resnet50 has no width multiplier'),
        ('mobilenet_v3_small', {'height': 28, 'width': 28}, 'for 28 x 28 pixels: .*32x32'),
    ],
)
def test_settings_that_cannot_be_are_said(
    architecture: str, changes: dict[str, float], message: str
) -> None:
    settings = NetworkSettings(64, 64, 1.0, 2, 0.0)._replace(**changes)  # type: ignore[arg-type]
    with pytest.raises(TrainingError, match=message):
        build_network(architecture, settings)
