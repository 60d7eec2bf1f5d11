# SPDX-License-Identifier: Apache-2.0
"""TensorRT's own parser and compiler take every architecture in every precision."""

from collections.abc import Callable

import pytest

from mobilenet_perception.inference.bundle import default_bundle_path, load_bundle
from mobilenet_perception.inference.runtimes.tensorrt import build_engine
from mobilenet_perception.tools.bundle.onnx_graph import free_batch
from tests.inference.runtimes.tensorrt.graphs import RTX, needs_rtx
from tests.training.export.quantize.ranges import ranges_of
from training.data.data_set import Pixels
from training.export.graph import load
from training.export.quantize.fp16 import to_fp16
from training.export.quantize.qdq import insert_qdq
from training.export.quantize.schemes import TENSORRT
from training.export.quantize.tensorrt_rules import check_tensorrt_rules

pytestmark = needs_rtx

ALONE = RTX._replace(largest_batch=1)


def int8(model: bytes, pixels: Pixels) -> bytes:
    graph = load(model)
    quantized = insert_qdq(graph, TENSORRT, ranges_of(graph, TENSORRT, pixels[:5]))
    content: bytes = quantized.SerializeToString()
    return content


@pytest.mark.parametrize(
    'architecture',
    ['mobilenet_v1', 'mobilenet_v2', 'mobilenet_v3_small', 'mobilenet_v4_conv_small'],
)
def test_every_architecture_compiles_in_every_precision(
    architecture: str, exported: Callable[[str], bytes], pixels: Pixels
) -> None:
    model = exported(architecture)
    graphs = {'fp32': model, 'fp16': to_fp16(model), 'int8': int8(model, pixels)}
    for precision, graph in graphs.items():
        assert check_tensorrt_rules(graph) == []
        built = build_engine(graph, f'{architecture} {precision}', ALONE)
        assert built.precision_asked == precision


@pytest.mark.parametrize('precision', ['fp16', 'int8'])
def test_the_default_bundle_compiles_in_smaller_numbers(precision: str, pixels: Pixels) -> None:
    bundle = load_bundle(default_bundle_path())
    for variant in bundle.manifest.variants:
        model = bundle.models[variant.name]
        random = pixels[:5].repeat(4, 1).repeat(4, 2)[:, : variant.height, : variant.width]
        graph = to_fp16(model) if precision == 'fp16' else int8(model, random)
        assert build_engine(graph, variant.name, ALONE).precision_asked == precision


def test_a_quantised_graph_takes_frames_of_several_cameras(small: bytes, pixels: Pixels) -> None:
    model = free_batch(int8(small, pixels))
    together, alone = (build_engine(model, 'tiny', each) for each in (RTX, ALONE))
    assert len(together.plan) > len(alone.plan)
