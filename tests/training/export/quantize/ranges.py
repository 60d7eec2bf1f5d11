# SPDX-License-Identifier: Apache-2.0
"""A quick calibration, for tests that are about the graph and not about its scores."""

from onnx import ModelProto

from training.data.data_set import Pixels
from training.export.graph import GraphView
from training.export.quantize.qdq import quantization_points
from training.export.quantize.schemes import Range, Scheme, measure_activations, ranges_by


def ranges_of(model: ModelProto, scheme: Scheme, pixels: Pixels) -> dict[str, Range]:
    values = {point.value for point in quantization_points(GraphView(model), scheme)}
    return ranges_by('minmax', measure_activations(model, values, pixels[:20]), scheme)
