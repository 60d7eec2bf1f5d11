# SPDX-License-Identifier: Apache-2.0
"""What all of tests/training needs: where it is missing, one skip says so, as in `colcon test`."""

import pytest

keras = pytest.importorskip('keras', reason='tests/training needs TensorFlow: make setup-training')


def test_keras_runs_on_tensorflow() -> None:
    assert keras.backend.backend() == 'tensorflow'
