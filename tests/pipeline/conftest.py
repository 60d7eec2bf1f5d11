# SPDX-License-Identifier: Apache-2.0
"""A tiny classifier."""

from pathlib import Path

import pytest

from mobilenet_perception.inference.bundle import load_bundle
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.inference.runtimes import create_runtime


@pytest.fixture(scope='module')
def classifier(tiny: Path) -> Classifier:
    return Classifier(load_bundle(tiny), create_runtime(), warmup_runs=1)
