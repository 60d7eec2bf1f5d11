# SPDX-License-Identifier: Apache-2.0
"""The exported graph: what Keras gives, folded, canonical, the same bytes each time."""

import re
from collections.abc import Callable

import keras
import numpy as np
import onnx
import pytest

from mobilenet_perception.inference.runtimes import create_runtime
from tests.support.networks import images, network
from training.errors import TrainingError
from training.export.convert import export_onnx
from training.export.parity import check_parity

MERGE = np.eye(3, dtype=np.float32)[[0, 0, 1, 2, 1, 1, 2]]


@pytest.fixture(scope='module')
def merged() -> tuple[keras.Model, bytes]:
    model = network()
    return model, export_onnx(model, 0.7, MERGE)


@pytest.mark.parametrize(
    ('architecture', 'convolutions'),
    [
        ('separable_cnn', 4),
        ('mobilenet_v1', 27),
        ('mobilenet_v2', 52),
        ('mobilenet_v3_small', 53),
        ('mobilenet_v4_conv_small', 46),
    ],
)
def test_each_architecture_is_folded(
    architecture: str, convolutions: int, exported: Callable[[str], bytes]
) -> None:
    model, graph = network(architecture), exported(architecture)
    operators = [node.op_type for node in onnx.load_from_string(graph).graph.node]
    assert operators.count('Conv') == convolutions
    assert operators.count('Transpose') == 1
    assert operators.count('Reshape') <= 1
    assert not {'BatchNormalization', 'Pad', 'Identity', 'ReduceMean'} & set(operators)
    parity = check_parity(model, 0.7, create_runtime().load(graph, 'tiny'), images(10))
    assert parity.same_top == 10
    assert parity.largest_difference < 1e-4


def test_flattened_features_need_no_second_change_of_layout() -> None:
    model = network('separable_cnn', 24, flatten=True)
    graph = export_onnx(model, 0.7)
    operators = [node.op_type for node in onnx.load_from_string(graph).graph.node]
    assert operators.count('Transpose') == 1
    session = create_runtime().load(graph, 'tiny')
    assert check_parity(model, 0.7, session, images(10, 24)).same_top == 10


def test_outputs_that_share_a_label_are_added_up(merged: tuple[keras.Model, bytes]) -> None:
    model, graph = merged
    session = create_runtime().load(graph, 'tiny')
    parity = check_parity(model, 0.7, session, images(30), MERGE)
    assert parity.images == parity.same_top == 30
    assert session.run(images(1)[0]).shape == (3,)
    assert session.run(images(1)[0]).sum() == pytest.approx(1.0, abs=1e-5)


def test_another_temperature_is_noticed(merged: tuple[keras.Model, bytes]) -> None:
    model, graph = merged
    session = create_runtime().load(graph, 'tiny')
    with pytest.raises(TrainingError, match='differs from Keras'):
        check_parity(model, 1.4, session, images(10), MERGE)


def test_the_graph_is_canonical(merged: tuple[keras.Model, bytes]) -> None:
    model, graph = merged
    found = onnx.load_from_string(graph)
    assert [(entry.domain, entry.version) for entry in found.opset_import] == [('', 17)]
    assert found.graph.input[0].name == 'image'
    assert found.graph.output[0].name == 'probabilities'
    names = [tensor.name for tensor in found.graph.initializer]
    assert names == [f'weight_{index:03d}' for index in range(len(names))]
    assert all(re.fullmatch(rf'{n.op_type.lower()}_\d+', n.name) for n in found.graph.node)
    assert [node.op_type for node in found.graph.node][-2:] == ['Softmax', 'MatMul']
    assert export_onnx(model, 0.7, MERGE) == graph


@pytest.mark.parametrize(
    ('temperature', 'merge', 'sentence'),
    [
        (0.0, None, 'the temperature is 0.0'),
        (1.0, MERGE[:5], 'has 7 outputs'),
        (1.0, MERGE * 0.5, 'must hold one 1'),
        (1.0, np.ones_like(MERGE), 'must hold one 1'),
    ],
)
def test_what_does_not_fit_is_said(
    merged: tuple[keras.Model, bytes],
    temperature: float,
    merge: np.ndarray[tuple[int, int], np.dtype[np.float32]] | None,
    sentence: str,
) -> None:
    with pytest.raises(TrainingError, match=sentence):
        export_onnx(merged[0], temperature, merge)
