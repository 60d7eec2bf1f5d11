# SPDX-License-Identifier: Apache-2.0
"""Where Q/DQ nodes stand, and that runtimes get what they need to be fast."""

from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import ModelProto, TensorProto, numpy_helper

from tests.training.export.quantize.ranges import ranges_of
from training.data.data_set import Pixels
from training.export.graph import GraphView, load
from training.export.quantize.calibration import equalized, pairs, probabilities
from training.export.quantize.fine_tune import FakeQuantized
from training.export.quantize.qdq import insert_qdq, quantization_points
from training.export.quantize.schemes import (
    METHODS,
    ONNX_RUNTIME,
    TENSORRT,
    Histogram,
    Scheme,
    measure_activations,
    ranges_by,
)
from training.export.quantize.tensorrt_rules import check_tensorrt_rules

QUANTIZE = 'QuantizeLinear'


@pytest.fixture(scope='module')
def for_tensorrt(residual: bytes, pixels: Pixels) -> ModelProto:
    model = load(residual)
    return insert_qdq(model, TENSORRT, ranges_of(model, TENSORRT, pixels))


def test_a_graph_for_tensorrt_keeps_its_rules(for_tensorrt: ModelProto) -> None:
    assert check_tensorrt_rules(for_tensorrt.SerializeToString()) == []
    view = GraphView(for_tensorrt)
    after = {
        user.op_type
        for node in view.nodes
        if node.op_type == 'Conv'
        for user in view.users[node.output[0]]
    }
    # Where a convolution feeds a sum alone, the sum takes its output unquantised.
    assert after == {'Clip', 'Add', QUANTIZE}
    sums = [node for node in view.nodes if node.op_type == 'Add' and node.input[1] in view.maker]
    residual_sums = [
        n for n in sums if n.input[0] not in view.constants and n.input[1] not in view.constants
    ]
    makers = [{view.maker[name].op_type for name in node.input} for node in residual_sums]
    assert makers == [{'Conv', 'DequantizeLinear'}] * 10
    tail = [node.op_type for node in view.nodes][-3:]
    assert tail == ['Gemm', 'Mul', 'Softmax']


def test_onnx_runtime_computes_in_bytes_throughout(
    residual: bytes, pixels: Pixels, tmp_path: Path
) -> None:
    model = load(residual)
    graph = insert_qdq(model, ONNX_RUNTIME, ranges_of(model, ONNX_RUNTIME, pixels))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.optimized_model_filepath = str(tmp_path / 'optimized.onnx')
    onnxruntime.InferenceSession(
        graph.SerializeToString(), options, providers=['CPUExecutionProvider']
    )
    kinds = Counter(n.op_type for n in onnx.load(str(tmp_path / 'optimized.onnx')).graph.node)
    assert (kinds['QLinearConv'], kinds['QLinearAdd']) == (52, 10)
    assert kinds['Conv'] == kinds['FusedConv'] == kinds['Clip'] == 0
    integers = [
        a for a in GraphView(graph).constants.values() if a.dtype == np.int8 and a.ndim > 1
    ]
    assert max(int(np.abs(weights).max()) for weights in integers) == 63


@pytest.mark.parametrize('scheme', [TENSORRT, ONNX_RUNTIME], ids=lambda scheme: scheme.name)
def test_fine_tuning_feels_what_the_graph_does(
    scheme: Scheme, residual: bytes, pixels: Pixels
) -> None:
    model = load(residual)
    ranges = ranges_of(model, scheme, pixels)
    real = probabilities(
        insert_qdq(model, scheme, ranges).SerializeToString(), scheme, pixels[:20]
    )
    inputs = pixels[:20].astype(np.float32)
    fake = np.asarray(FakeQuantized(model, scheme, ranges)(inputs))
    plain = np.asarray(FakeQuantized(model)(inputs))
    assert np.abs(plain - probabilities(residual, scheme, pixels[:20])).max() < 1e-5
    assert np.abs(fake - real).mean() < np.abs(plain - real).mean() / 2


def test_equalising_changes_no_answer_and_evens_the_ranges(
    residual: bytes, pixels: Pixels
) -> None:
    model = load(residual)
    found = pairs(model)
    assert len(found) == 34
    histograms = measure_activations(model, {pair.value for pair in found}, pixels[:40])
    even = equalized(model, {name: each.peaks for name, each in histograms.items()})
    before, after = (
        probabilities(each.SerializeToString(), TENSORRT, pixels[:40]) for each in (model, even)
    )
    assert np.abs(before - after).max() < 1e-5
    again = measure_activations(even, {pair.value for pair in found}, pixels[:40])

    unevenness = [_unevenness(each) for each in (histograms, again)]
    assert unevenness[1] < unevenness[0]


def _unevenness(measured: dict[str, Histogram]) -> float:
    """Return how far apart the peaks of a tensor's channels are, in logarithms, on average."""
    return float(
        np.mean([np.log(np.maximum(each.peaks, 1e-3)).std() for each in measured.values()])
    )


def test_every_method_stays_inside_what_was_seen(small: bytes, pixels: Pixels) -> None:
    model = load(small)
    values = {point.value for point in quantization_points(GraphView(model), TENSORRT)}
    histograms = measure_activations(model, values, pixels[:50])
    for method in METHODS:
        for name, (low, high) in ranges_by(method, histograms, TENSORRT).items():
            assert histograms[name].low <= low <= high <= histograms[name].high + 1e-6
    whole = ranges_by('minmax', histograms, TENSORRT)
    assert ranges_by('percentile', histograms, TENSORRT) != whole


def _change(model: ModelProto, kind: str) -> ModelProto:
    """Return a copy that breaks one rule."""
    result = ModelProto()
    result.CopyFrom(model)
    nodes = {node.op_type: node for node in reversed(result.graph.node)}
    constants = {tensor.name: tensor for tensor in result.graph.initializer}
    if kind == 'zero point':
        name = nodes[QUANTIZE].input[2]
        constants[name].CopyFrom(numpy_helper.from_array(np.array(3, np.int8), name))
    elif kind == 'opset':
        result.opset_import[0].version = 12
    elif kind == 'input':
        result.graph.input[0].type.tensor_type.elem_type = TensorProto.INT8
    elif kind == 'float weights':
        convolution = nodes['Conv']
        dequantized = next(n for n in result.graph.node if convolution.input[1] in n.output)
        integers = numpy_helper.to_array(constants[dequantized.input[0]])
        result.graph.initializer.append(
            numpy_helper.from_array(integers.astype(np.float32), 'plain')
        )
        convolution.input[1] = 'plain'
    elif kind == 'scale':
        name = nodes[QUANTIZE].input[1]
        constants[name].CopyFrom(numpy_helper.from_array(np.array(0, np.float32), name))
    return result


@pytest.mark.parametrize(
    ('kind', 'sentence'),
    [
        ('zero point', 'the zero point is not 0'),
        ('input', 'is not uint8'),
        ('float weights', 'only one of input and weights is quantised'),
        ('scale', 'a scale is not above 0'),
        ('opset', "ONNX's checker refuses the graph"),
    ],
)
def test_a_broken_rule_is_said(kind: str, sentence: str, for_tensorrt: ModelProto) -> None:
    broken = _change(for_tensorrt, kind).SerializeToString()
    assert any(sentence in said for said in check_tensorrt_rules(broken))
