# SPDX-License-Identifier: Apache-2.0
"""float64 is found in real models, and no bytes confuse the reader."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto

from mobilenet_perception.inference.bundle import default_bundle_path, load_bundle
from mobilenet_perception.inference.runtimes.tensorrt.float64 import Operator, find_float64
from tests.inference.runtimes.tensorrt.graphs import scoring


def test_the_default_bundle_has_none() -> None:
    for model in load_bundle(default_bundle_path()).models.values():
        assert find_float64(model) is None


def test_the_first_is_named() -> None:
    model = scoring(cast_to=TensorProto.DOUBLE)
    assert find_float64(model) == Operator('Cast', 'to_number')


@pytest.mark.parametrize('at', range(0, len(scoring()), 17))
def test_a_model_cut_off_is_none(at: int) -> None:
    cut = scoring()[:at]
    try:
        assert find_float64(cut) is None
    except ValueError as error:
        assert str(error).startswith('no protobuf')


@given(st.binary(max_size=200))
def test_bytes_of_any_kind(content: bytes) -> None:
    try:
        find_float64(content)
    except ValueError as error:
        assert str(error).startswith('no protobuf')
