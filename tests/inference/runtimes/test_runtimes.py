# SPDX-License-Identifier: Apache-2.0
"""Runtimes load what fits the contract, refuse what does not, and say what to install."""

import subprocess
import sys

import numpy as np
import onnx
import pytest

from mobilenet_perception.errors import BundleError, RuntimeUnavailableError
from mobilenet_perception.inference.runtimes import RuntimeSettings, create_runtime
from tests.support.tiny_bundle import plain_image, tiny_model


@pytest.mark.parametrize('threads', [1, 2])
def test_probabilities(threads: int) -> None:
    session = create_runtime('onnxruntime', RuntimeSettings(threads=threads)).load(
        tiny_model(8, 6), 'tiny'
    )
    assert (session.height, session.width, session.classes) == (8, 6, 3)
    scores = session.run(plain_image('blue', 8, 6))
    assert scores.dtype == np.float32
    assert scores.argmax() == 2
    assert scores.sum() == pytest.approx(1.0)


def test_a_file_that_is_no_model() -> None:
    with pytest.raises(BundleError, match='variant odd: ONNX Runtime refuses'):
        create_runtime().load(b'not a model', 'odd')


def test_a_model_of_another_shape() -> None:
    model = onnx.load_from_string(tiny_model())
    model.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.FLOAT
    with pytest.raises(BundleError, match='must take uint8'):
        create_runtime().load(model.SerializeToString(), 'odd')


def test_unknown_runtime_names_the_known() -> None:
    with pytest.raises(RuntimeUnavailableError, match='choose one of onnxruntime'):
        create_runtime('abacus')


def test_absent_runtime_says_what_to_install() -> None:
    # In a process of its own, where the library cannot be imported.
    code = (
        "import sys; sys.modules['onnxruntime'] = None\n"
        'from mobilenet_perception.inference.runtimes import create_runtime\n'
        'try: create_runtime()\n'
        'except Exception as error: print(error)\n'
    )
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert "install it with pip install 'onnxruntime" in done.stdout
