# SPDX-License-Identifier: Apache-2.0
"""FP16: half the size, the same answers, types that fit."""

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from mobilenet_perception.inference.runtimes import create_runtime
from training.data.data_set import Pixels
from training.errors import TrainingError
from training.export.parity import run_all
from training.export.quantize.fp16 import to_fp16
from training.export.quantize.int8 import to_int8
from training.export.quantize.tensorrt_rules import check_tensorrt_rules


def test_half_precision_answers_as_float(residual: bytes, pixels: Pixels) -> None:
    half = to_fp16(residual)
    assert len(half) < 0.55 * len(residual)
    assert check_tensorrt_rules(half) == []
    runtime = create_runtime()
    expected, found = (
        run_all(runtime.load(graph, 'tiny'), pixels[:30]) for graph in (residual, half)
    )
    assert (expected.argmax(axis=1) == found.argmax(axis=1)).all()
    assert 0 < np.abs(expected - found).max() < 5e-3
    graph = onnx.load_from_string(half).graph
    weights = [t for t in graph.initializer if len(t.dims) == 4]
    assert {tensor.data_type for tensor in weights} == {onnx.TensorProto.FLOAT16}
    assert half == to_fp16(residual)


def test_what_half_precision_cannot_hold_is_refused(small: bytes, pixels: Pixels) -> None:
    model = onnx.load_from_string(small)
    tensor = next(t for t in model.graph.initializer if len(t.dims) == 4)
    tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor) * 1e6, tensor.name))
    with pytest.raises(TrainingError, match='too large for half precision'):
        to_fp16(model.SerializeToString())
    with pytest.raises(TrainingError, match='this graph is in INT8'):
        to_fp16(to_int8(small, pixels, methods=('minmax',)))
