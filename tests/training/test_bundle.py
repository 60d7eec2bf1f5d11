# SPDX-License-Identifier: Apache-2.0
"""From data to a bundle that proves itself, through the command line, on tiny networks."""

import hashlib
from pathlib import Path

import keras
import numpy as np
import onnx
import pytest

from mobilenet_perception.bundle import load_bundle, self_test
from mobilenet_perception.errors import BundleError
from mobilenet_perception.runtimes import create_runtime
from mobilenet_perception.simulation import LABELS
from training import golden
from training.architectures import NetworkSettings, build_network
from training.cli import main
from training.data import Pixels
from training.errors import TrainingError
from training.export import check_parity, export_onnx

TINY = """
from tests.training.conftest import tiny


def configuration():
    return tiny({epochs}, steps=20)
"""


def network(seed: int = 0) -> keras.Model:
    """Return a MobileNet with random weights, batch norms included, as if it were trained."""
    keras.utils.set_random_seed(seed)
    model = build_network('mobilenet_v2', NetworkSettings(32, 32, 0.35, len(LABELS), 0.2))
    random = np.random.default_rng(seed)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            gamma, beta, mean, variance = layer.get_weights()
            layer.set_weights(
                [
                    random.uniform(0.8, 1.5, gamma.shape),
                    random.normal(0, 0.2, beta.shape),
                    random.normal(0, 0.2, mean.shape),
                    random.uniform(0.3, 1.2, variance.shape),
                ]
            )
    return model


@pytest.fixture(scope='module')
def exported() -> tuple[keras.Model, bytes]:
    model = network()
    return model, export_onnx(model, 0.7)


def images(count: int) -> Pixels:
    return np.random.default_rng(1).integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)


def test_the_graph_gives_what_keras_gives(exported: tuple[keras.Model, bytes]) -> None:
    model, graph = exported
    session = create_runtime().load(graph, 'tiny')
    parity = check_parity(model, 0.7, session, images(40))
    assert parity.images == parity.same_top == 40
    assert parity.largest_difference < 1e-4
    assert session.run(images(1)[0]).sum() == pytest.approx(1.0, abs=1e-5)


def test_another_temperature_is_noticed(exported: tuple[keras.Model, bytes]) -> None:
    model, graph = exported
    session = create_runtime().load(graph, 'tiny')
    with pytest.raises(TrainingError, match='differs from Keras'):
        check_parity(model, 1.4, session, images(10))


def test_the_graph_is_folded_canonical_and_of_opset_17(
    exported: tuple[keras.Model, bytes],
) -> None:
    model, graph = exported
    found = onnx.load_from_string(graph)
    operators = [node.op_type for node in found.graph.node]
    assert operators.count('Conv') == 52
    assert operators.count('Transpose') == 1
    assert not {'BatchNormalization', 'Pad', 'Identity'} & set(operators)
    assert [(entry.domain, entry.version) for entry in found.opset_import] == [('', 17)]
    assert found.graph.input[0].name == 'image'
    assert found.graph.output[0].name == 'probabilities'
    again = export_onnx(model, 0.7)
    assert hashlib.sha256(again).digest() == hashlib.sha256(graph).digest()


def test_one_command_after_another_makes_a_bundle(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Seconds of training recognise no drawing surely: here any drawing may be golden.
    monkeypatch.setattr(golden, '_knows', lambda session, image, index: True)
    monkeypatch.setattr('training.evaluate.drive_crops', lambda: [])
    config = tmp_path / 'tiny.py'
    config.write_text(TINY.format(epochs=6))
    run, place = str(tmp_path / 'run'), tmp_path / 'bundle'
    common = ['--data', str(data)]
    assert main(['fit', '--config', str(config), '--run', run, *common]) == 0
    assert main(['bundle', run, '-o', str(place), *common]) == 0
    assert 'test_lights' in capsys.readouterr().out
    bundle = load_bundle(place)
    self_test(bundle, create_runtime())
    assert bundle.manifest.labels == LABELS
    assert {frame.label for frame in bundle.manifest.golden} == set(LABELS)
    assert bundle.manifest.provenance['held_out']['gtsrb_tracks']
    assert 'GTSRB' in (place / 'MODEL_CARD.md').read_text()
    model = place / bundle.manifest.variants[0].file
    model.write_bytes(model.read_bytes()[:-1] + b'x')
    with pytest.raises(BundleError):
        load_bundle(place)


@pytest.mark.parametrize(
    ('arguments', 'sentence'),
    [
        (['fit', '--data', '/nowhere'], 'no folder /nowhere/gtsrb/frames'),
        (['fit', '--config', 'absent.py'], 'no configuration file absent.py'),
        (['evaluate', '/nowhere'], '/nowhere is not a run folder'),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count('\n') == 1
