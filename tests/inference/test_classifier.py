# SPDX-License-Identifier: Apache-2.0
"""A run can be stopped, and the next one does not suffer for it."""

import numpy as np
import pytest

from mobilenet_perception.errors import AbandonedError
from mobilenet_perception.frames import Frame
from mobilenet_perception.inference.bundle import default_bundle_path, load_bundle
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.inference.runtimes import create_runtime


@pytest.fixture(scope='module')
def classifier() -> Classifier:
    return Classifier(load_bundle(default_bundle_path()), create_runtime(), warmup_runs=3)


def test_a_run_is_stopped_or_gives_its_answer(classifier: Classifier) -> None:
    bundle = classifier.bundle
    golden = bundle.manifest.golden[0]
    frame = Frame(bundle.golden_images[golden.file], 'rgb')
    large = classifier.variant('').name
    expected = classifier.classify(frame, variant=large).scores
    profile_ms = classifier.profile_ms[large]
    stopped = 0
    for part in np.random.default_rng(0).uniform(0.0, 1.5, 200):
        try:
            scores = classifier.classify(frame, None, large, part * profile_ms).scores
        except AbandonedError as error:
            stopped += 1
            assert error.inference_ms >= part * profile_ms
            continue
        np.testing.assert_allclose(scores, expected, atol=1e-6)
    assert 10 < stopped < 190
    np.testing.assert_allclose(
        classifier.classify(frame, variant=large).scores, expected, atol=1e-6
    )
