# SPDX-License-Identifier: Apache-2.0
"""One run for several images scores as one run for each."""

from collections.abc import Callable

import numpy as np
import onnx
import pytest

from mobilenet_perception.inference.runtimes import create_runtime
from mobilenet_perception.tools.bundle.onnx_graph import free_batch
from tests.support.networks import images
from tests.support.tiny_bundle import tiny_model


@pytest.mark.parametrize(
    'architecture',
    [
        'separable_cnn',
        'mobilenet_v1',
        'mobilenet_v2',
        'mobilenet_v3_small',
        'mobilenet_v4_conv_small',
    ],
)
def test_several_at_once_score_as_each_alone(
    architecture: str, exported: Callable[[str], bytes]
) -> None:
    graph = exported(architecture)
    assert create_runtime().load(graph, 'tiny').largest_batch == 1
    session = create_runtime().load(free_batch(graph), 'tiny')
    assert session.largest_batch > 3
    batch = images(3)
    expected = [session.run(image) for image in batch]
    assert np.allclose(session.run_batch(batch), expected, atol=1e-5)


def test_a_graph_that_mixes_its_images_is_left_as_it_is() -> None:
    found = onnx.load_from_string(tiny_model())
    softmax = found.graph.node.pop()
    found.graph.node.append(
        onnx.helper.make_node('ReduceMean', [softmax.input[0]], ['mixed'], axes=[0])
    )
    softmax.input[0] = 'mixed'
    found.graph.node.append(softmax)
    model = found.SerializeToString()
    assert free_batch(model) == model
