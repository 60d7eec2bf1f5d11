# SPDX-License-Identifier: Apache-2.0
"""INT8 from calibration images to a graph that is used or refused."""

import json

import numpy as np
import pytest

from training.data.data_set import Indices, Pixels
from training.errors import TrainingError
from training.export.graph import GraphView, load
from training.export.quantize.calibration import agreement, probabilities
from training.export.quantize.int8 import Int8Settings, quantize, to_int8
from training.export.quantize.schemes import ONNX_RUNTIME, SCHEMES, TENSORRT
from training.export.quantize.tensorrt_rules import check_tensorrt_rules

METHODS = ('minmax', 'squared_error')


def truth_of(model: bytes, pixels: Pixels) -> Indices:
    """Return what the float graph says, so that it is right everywhere."""
    return np.asarray(probabilities(model, TENSORRT, pixels).argmax(axis=1), np.int64)


@pytest.mark.parametrize('name', SCHEMES)
def test_a_graph_for_each_runtime_answers_as_in_float(
    name: str, small: bytes, pixels: Pixels
) -> None:
    scheme = SCHEMES[name]
    settings = Int8Settings(scheme, METHODS, largest_loss=0.05)
    found = quantize(small, pixels, pixels[:60], truth_of(small, pixels[:60]), settings)
    assert found.refused is None
    assert found.accuracy_before == 1.0
    assert found.accuracy_after == found.agreement >= 0.95
    assert (found.calibration_images, found.validation_images) == (500, 60)
    assert {trial.method for trial in found.trials} == set(METHODS)
    assert found.method == min(found.trials, key=lambda trial: trial.divergence).method
    answers = [probabilities(graph, scheme, pixels[:60]) for graph in (small, found.model)]
    assert agreement(*answers) == found.agreement
    assert 0 < np.abs(answers[0] - answers[1]).max() < 0.1
    assert bool(check_tensorrt_rules(found.model)) == (scheme is ONNX_RUNTIME)
    assert json.loads(json.dumps(found.to_json()))['scheme'] == name


def test_what_loses_too_much_is_refused_with_a_reason(small: bytes, pixels: Pixels) -> None:
    # Weights of two bits stand for a network that does not bear quantisation.
    scheme = TENSORRT._replace(weight_bits=2)
    settings = Int8Settings(scheme, ('minmax',), most_float=0)
    found = quantize(small, pixels, pixels[:60], truth_of(small, pixels[:60]), settings)
    assert found.accuracy_after < 0.95
    assert found.refused is not None
    assert f'loses {100 * (1 - found.accuracy_after):.2f} points' in found.refused
    assert 'and 0.5 are allowed' in found.refused


def test_the_most_sensitive_layers_stay_in_float_where_that_helps(
    small: bytes, pixels: Pixels
) -> None:
    scheme = TENSORRT._replace(weight_bits=2)
    settings = Int8Settings(scheme, ('minmax',), most_float=5)
    found = quantize(small, pixels, pixels[:60], truth_of(small, pixels[:60]), settings)
    assert found.refused is None
    rows = found.sensitivity
    layers = [node.name for node in GraphView(load(small)).weighted()]
    assert sorted(row.layer for row in rows) == sorted(layers)
    assert [row.divergence for row in rows] == sorted((r.divergence for r in rows), reverse=True)
    assert found.keep_float == tuple(row.layer for row in rows[: len(found.keep_float)])
    assert {row.kind for row in rows} == {'Conv 3x3 depthwise', 'Conv 1x1', 'Gemm'}


def test_the_same_images_give_the_same_bytes(small: bytes, pixels: Pixels) -> None:
    assert to_int8(small, pixels, methods=('minmax',)) == to_int8(
        small, pixels, methods=('minmax',)
    )


def test_what_does_not_fit_is_said(small: bytes, pixels: Pixels) -> None:
    with pytest.raises(TrainingError, match='499 images are too few'):
        to_int8(small, pixels[:499])
    with pytest.raises(TrainingError, match=r'takes uint8 images of \(32, 32, 3\)'):
        to_int8(small, pixels[:, :16])
    with pytest.raises(TrainingError, match='no calibration method best: choose among minmax'):
        to_int8(small, pixels, methods=('best',))
    with pytest.raises(TrainingError, match='no layer conv_999 to keep in float'):
        to_int8(small, pixels, methods=('minmax',), keep_float=('conv_999',))
    with pytest.raises(TrainingError, match='not an ONNX model'):
        to_int8(b'nothing', pixels)
