# SPDX-License-Identifier: Apache-2.0
"""Every kind of layer counts, wherever it is."""

import keras
import pytest

from training.errors import TrainingError
from training.networks.structure import multiply_adds, parameters


def test_groups_strides_and_nested_models_count() -> None:
    inner = keras.Sequential(
        [keras.Input((4, 4, 16)), keras.layers.Conv2D(32, 1, groups=4), keras.layers.Dense(5)]
    )
    image = keras.Input((8, 8, 3))
    features = keras.layers.Conv2D(16, 3, strides=2, padding='same', use_bias=False)(image)
    features = keras.layers.BatchNormalization()(features)
    features = keras.layers.DepthwiseConv2D(5, padding='same', depth_multiplier=1)(features)
    model = keras.Model(image, inner(features))
    convolution, depthwise, grouped = 16 * 27 * 16, 16 * 25 * 16, 16 * 4 * 32
    assert multiply_adds(model) == convolution + depthwise + grouped + 16 * 32 * 5
    assert parameters(model) == 16 * 27 + 32 + (16 * 25 + 16) + (4 * 32 + 32) + (32 * 5 + 5)


def test_a_network_of_any_size_has_no_count() -> None:
    image = keras.Input((None, None, 3))
    model = keras.Model(image, keras.layers.Conv2D(4, 3)(image))
    with pytest.raises(TrainingError, match='with height and width'):
        multiply_adds(model)


def test_freezing_does_not_change_the_count() -> None:
    image = keras.Input((8, 8, 3))
    norm = keras.layers.BatchNormalization()(keras.layers.Conv2D(4, 3)(image))
    model = keras.Model(image, keras.layers.Dropout(0.5)(norm))
    model.trainable = False
    assert parameters(model) == 27 * 4 + 4 + 8
