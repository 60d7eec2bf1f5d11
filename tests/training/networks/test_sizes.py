# SPDX-License-Identifier: Apache-2.0
"""Parameters and multiply-adds are those that the papers state."""

import numpy as np
import pytest

from tests.training.networks.settings import network
from training.networks import MODIFICATIONS, NetworkSettings, build_network
from training.networks.structure import multiply_adds, parameters


def assert_size(architecture: str, alpha: float, size: int, millions: float, macs: float) -> None:
    built = network(architecture, size, alpha, 1000)
    # As exact as the figures are given.
    assert parameters(built) / 1e6 == pytest.approx(millions, rel=0.02, abs=0.05)
    assert multiply_adds(built) / 1e6 == pytest.approx(macs, rel=0.02, abs=1)


# Howard et al. 2017, tables 6 and 7.
@pytest.mark.parametrize(
    ('alpha', 'size', 'millions', 'macs'),
    [
        (1.0, 224, 4.2, 569),
        (0.75, 224, 2.6, 325),
        (0.5, 224, 1.3, 149),
        (0.25, 224, 0.5, 41),
        (1.0, 192, 4.2, 418),
        (1.0, 160, 4.2, 290),
        (1.0, 128, 4.2, 186),
    ],
)
def test_mobilenet_v1(alpha: float, size: int, millions: float, macs: float) -> None:
    assert_size('mobilenet_v1', alpha, size, millions, macs)


# Sandler et al. 2018, table 4, and the table beside Google's weights.
@pytest.mark.parametrize(
    ('alpha', 'size', 'millions', 'macs'),
    [
        (1.4, 224, 6.06, 582),
        (1.0, 224, 3.47, 300),
        (0.75, 192, 2.61, 153),
        (0.5, 160, 1.95, 50),
        (0.35, 224, 1.66, 59),
        (0.35, 96, 1.66, 11),
    ],
)
def test_mobilenet_v2(alpha: float, size: int, millions: float, macs: float) -> None:
    assert_size('mobilenet_v2', alpha, size, millions, macs)


# Howard et al. 2019, table 3; minimalistic: the table beside Google's weights.
@pytest.mark.parametrize(
    ('architecture', 'alpha', 'millions', 'macs'),
    [
        ('mobilenet_v3_large', 1.0, 5.4, 219),
        ('mobilenet_v3_large', 0.75, 4.0, 155),
        ('mobilenet_v3_small', 1.0, 2.5, 56),
        ('mobilenet_v3_small', 0.75, 2.0, 44),
        ('mobilenet_v3_large_minimalistic', 1.0, 3.9, 209),
    ],
)
def test_mobilenet_v3(architecture: str, alpha: float, millions: float, macs: float) -> None:
    assert_size(architecture, alpha, 224, millions, macs)


# Qin et al. 2024: 3.8 M and 0.2 G; 9.2 M and 1.0 G. The public weights of Conv-M have 9.72 M: the
# authors' code has one feed-forward block (0.52 M, 34 M at 256 pixels) more than that. The exact
# counts are ours, of their list of blocks.
@pytest.mark.parametrize(
    ('architecture', 'size', 'exactly', 'macs'),
    [
        ('mobilenet_v4_conv_small', 224, 3_774_024, 186),
        ('mobilenet_v4_conv_medium', 256, 9_715_512, 1080),
    ],
)
def test_mobilenet_v4(architecture: str, size: int, exactly: int, macs: float) -> None:
    built = network(architecture, size, 1.0, 1000)
    assert parameters(built) == exactly
    assert multiply_adds(built) / 1e6 == pytest.approx(macs, rel=0.005)


def test_alpha_narrows_mobilenet_v4_but_not_its_embedding() -> None:
    built = network('mobilenet_v4_conv_small', 64, 0.5, 1000)
    assert parameters(built) == pytest.approx(2.24e6, rel=0.01)
    assert built.get_layer('top_embedding').filters == 1280
    assert built.get_layer('top').filters == 480


def test_the_separable_cnn_counted_by_hand() -> None:
    built = network('separable_cnn', 32, 1.0, 10)
    assert parameters(built) == (27 + 96 + 64) + (288 + 2048 + 128) + 650
    assert multiply_adds(built) == 32 * 32 * (27 + 96) + 16 * 16 * (288 + 2048) + 640


def test_another_family_of_keras() -> None:
    # Tan and Le, ICML 2019, table 2: 5.3 M, 0.39 G.
    assert_size('efficientnet_b0', 1.0, 224, 5.3, 390)


def test_every_network_takes_raw_images_and_gives_logits() -> None:
    for architecture in ('mobilenet_v1', 'mobilenet_v3_small', 'mobilenet_v4_conv_small'):
        assert architecture in MODIFICATIONS
        built = build_network(architecture, NetworkSettings(64, 96, 0.35, 7, 0.3))
        assert built.layers[0].name == 'image'
        assert built.input_shape == (None, 64, 96, 3)
        assert built.layers[-1].name == 'logits'
        assert built.layers[-2].rate == 0.3
        assert built.output_shape == (None, 7)
        white = np.full((1, 64, 96, 3), 255, np.float32)
        np.testing.assert_allclose(built.get_layer('scale')(white), 1.0, rtol=1e-6)
