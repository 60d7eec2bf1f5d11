# SPDX-License-Identifier: Apache-2.0
"""Weights of a bundle: the network computes what the bundle's graph does."""

import keras
import numpy as np
import pytest

from mobilenet_perception.inference.bundle import default_bundle_path, load_bundle
from mobilenet_perception.inference.runtimes import create_runtime
from training.data.data_set import merge_matrix
from training.data.readers.gtsrb import SIGN_NAMES, street_label
from training.data.readers.street_signals import OUTPUTS
from training.errors import TrainingError
from training.networks import NetworkSettings, build_network
from training.networks.weights import load_weights


def test_the_default_bundle_comes_back() -> None:
    bundle = load_bundle(default_bundle_path())
    variant = next(each for each in bundle.manifest.variants if each.precision == 'fp32')
    settings = NetworkSettings(variant.height, variant.width, variant.alpha, len(OUTPUTS), 0.0)
    network = build_network(variant.architecture, settings)
    assert not load_weights(network, bundle.folder, settings).random
    random = np.random.default_rng(0)
    shape = (variant.height, variant.width, 3)
    image = random.integers(0, 256, shape, dtype=np.uint8)
    session = create_runtime().load(bundle.models[variant.name], variant.name)
    expected = session.run(image)
    scores = keras.ops.softmax(network(image[None].astype(np.float32))).numpy()[0]
    merge = merge_matrix(OUTPUTS, {name: street_label(name) for name in SIGN_NAMES})
    assert merge is not None
    scores = scores @ merge
    np.testing.assert_allclose(scores, expected, atol=1e-5)


def test_a_bundle_without_this_network_says_what_it_has() -> None:
    settings = NetworkSettings(32, 32, 0.25, 5, 0.0)
    network = build_network('mobilenet_v1', settings)
    with pytest.raises(
        TrainingError, match=r'no FP32 variant of mobilenet_v1 .* it has mobilenet'
    ):
        load_weights(network, default_bundle_path(), settings)
