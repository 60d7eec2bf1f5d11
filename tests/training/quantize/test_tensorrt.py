# SPDX-License-Identifier: Apache-2.0
"""TensorRT's own parser and compiler take every architecture in every precision."""

import pytest

from mobilenet_perception.bundle import default_bundle_path, load_bundle
from mobilenet_perception.runtimes.tensorrt import build_engine
from tests.runtimes.tensorrt.graphs import RTX, needs_rtx
from tests.training.networks import network
from training.data.sample import Pixels
from training.export import export_onnx
from training.export.free_batch import free_batch
from training.quantize import check_tensorrt_rules, to_fp16, to_int8

pytestmark = needs_rtx

ALONE = RTX._replace(largest_batch=1)


def in_precisions(model: bytes, pixels: Pixels) -> dict[str, bytes]:
    return {
        'fp32': model,
        'fp16': to_fp16(model),
        'int8': to_int8(model, pixels, methods=('minmax',)),
    }


@pytest.mark.parametrize(
    'architecture',
    ['mobilenet_v1', 'mobilenet_v2', 'mobilenet_v3_small', 'mobilenet_v4_conv_small'],
)
def test_every_architecture_compiles_in_every_precision(architecture: str, pixels: Pixels) -> None:
    model = export_onnx(network(architecture), 0.7)
    for precision, graph in in_precisions(model, pixels).items():
        assert check_tensorrt_rules(graph) == []
        built = build_engine(graph, f'{architecture} {precision}', ALONE)
        assert built.precision_asked == precision


def test_the_default_bundle_compiles_in_half_precision() -> None:
    bundle = load_bundle(default_bundle_path())
    for name, model in bundle.models.items():
        built = build_engine(to_fp16(model), name, ALONE)
        assert built.precision_asked == 'fp16'


def test_the_default_bundle_compiles_in_int8(pixels: Pixels) -> None:
    bundle = load_bundle(default_bundle_path())
    smallest = min(bundle.manifest.variants, key=lambda variant: variant.height)
    model = to_int8(bundle.models[smallest.name], pixels, methods=('minmax',))
    assert build_engine(model, smallest.name, ALONE).precision_asked == 'int8'


def test_a_quantised_graph_for_several_cameras_compiles(small: bytes, pixels: Pixels) -> None:
    model = free_batch(to_int8(small, pixels, methods=('minmax',)))
    assert len(build_engine(model, 'several', RTX).plan) > len(
        build_engine(model, 'one', ALONE).plan
    )
