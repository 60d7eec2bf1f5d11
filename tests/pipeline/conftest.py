# SPDX-License-Identifier: Apache-2.0
"""A tiny classifier."""

import pytest

from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.inference.runtimes import create_runtime
from tests.support.tiny_bundle import write_tiny_bundle


@pytest.fixture(scope='module')
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    bundle = write_tiny_bundle(tmp_path_factory.mktemp('bundles') / 'tiny')
    return Classifier(bundle, create_runtime(), warmup_runs=1)
