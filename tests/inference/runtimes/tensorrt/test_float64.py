# SPDX-License-Identifier: Apache-2.0
"""float64 is found in real models, and no bytes confuse the reader."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto

from mobilenet_perception.errors import BundleError
from mobilenet_perception.inference.bundle import default_bundle_path, load_bundle
from mobilenet_perception.inference.runtimes.tensorrt.network import find_float64
from tests.inference.runtimes.tensorrt.graphs import scoring
from tests.support import ROOT


def test_the_default_bundle_has_none() -> None:
    for name, model in load_bundle(default_bundle_path()).models.items():
        assert find_float64(model, name) == ''


def test_the_first_is_named() -> None:
    model = scoring(cast_to=TensorProto.DOUBLE)
    assert find_float64(model, 'tiny') == 'Cast (to_number)'


@pytest.mark.parametrize('at', range(0, len(scoring()), 17))
def test_a_model_cut_off_is_none(at: int) -> None:
    cut = scoring()[:at]
    try:
        assert find_float64(cut, 'tiny') == ''
    except BundleError as error:
        assert str(error).startswith('variant tiny is no ONNX model')


@given(st.binary(max_size=200))
def test_bytes_of_any_kind(content: bytes) -> None:
    try:
        find_float64(content, 'tiny')
    except BundleError as error:
        assert str(error).startswith('variant tiny is no ONNX model')


def test_on_a_robot_without_onnx_nothing_is_refused() -> None:
    code = (
        "import sys; sys.modules['onnx'] = None\n"
        'from mobilenet_perception.inference.runtimes.tensorrt.network import find_float64\n'
        f"print(repr(find_float64({scoring(cast_to=TensorProto.DOUBLE)!r}, 'tiny')))\n"
    )
    done = subprocess.run(
        [sys.executable, '-c', code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "''\n"
