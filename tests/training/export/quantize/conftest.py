# SPDX-License-Identifier: Apache-2.0
"""Exported networks to quantise, and images to calibrate with."""

from collections.abc import Callable

import pytest

from tests.support.networks import images, network
from training.data.data_set import Pixels
from training.export.convert import export_onnx


@pytest.fixture(scope='session')
def small() -> bytes:
    """Return a network of four convolutions, without clips next to each other."""
    return export_onnx(network('separable_cnn', alpha=1.0), 0.7)


@pytest.fixture(scope='session')
def residual(exported: Callable[[str], bytes]) -> bytes:
    """Return a MobileNet V2: sums, clips, depthwise convolutions."""
    return exported('mobilenet_v2')


@pytest.fixture(scope='session')
def pixels() -> Pixels:
    return images(500)
