# SPDX-License-Identifier: Apache-2.0
"""`bundle import`: the bundle scores as the model did, or one sentence says why there is none."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest
from onnx import ModelProto, TensorProto, helper

from mobilenet_perception.frames import Frame, crop_and_resize
from mobilenet_perception.inference.bundle import check_golden_frames, load_bundle
from mobilenet_perception.inference.runtimes import create_runtime
from mobilenet_perception.tools.cli import main
from tests.support.colours import assert_one_sentence
from tests.support.tiny_bundle import LABELS, plain_image
from tests.tools.bundle.importer.models import SIDE, label_file, model, pictures, saved

Image = npt.NDArray[np.uint8]


@pytest.fixture
def noise() -> Image:
    return np.random.default_rng(5).integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)


def bring(tmp_path: Path, *arguments: object, labels: Sequence[str] = LABELS) -> Path:
    """Import, and return the folder of the bundle."""
    place = tmp_path / 'bundle'
    flags = ['--labels', str(label_file(tmp_path, labels)), '-o', str(place)]
    assert main(['bundle', 'import', *map(str, arguments), *flags]) == 0
    return place


def scores(bundle: Path, image: Image, name: str = '') -> npt.NDArray[np.float32]:
    """Return what the robot would say of an image."""
    loaded = load_bundle(bundle)
    chosen = name or loaded.manifest.variants[0].name
    session = create_runtime().load(loaded.models[chosen], chosen)
    return session.run(crop_and_resize(Frame(image, 'rgb'), session.height, session.width))


def by_owner(made: ModelProto, scaled: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Return what the model gives as it was."""
    session = onnxruntime.InferenceSession(
        made.SerializeToString(), providers=['CPUExecutionProvider']
    )
    result: npt.NDArray[np.float32] = session.run(None, {'picture': scaled[np.newaxis]})[0][0]
    return result


@pytest.mark.parametrize('first', [True, False])
@pytest.mark.parametrize('batch', [1, 'N'])
@pytest.mark.parametrize('opset', [11, 17, 18])
def test_a_model_of_any_layout_batch_and_opset_scores_as_before(
    first: bool, batch: int | str, opset: int, noise: Image, tmp_path: Path
) -> None:
    made = model(first=first, batch=batch, opset=opset)
    place = bring(tmp_path, saved(made, tmp_path / 'theirs.onnx'), '--scaling', '-1..1')
    scaled = (noise.astype(np.float32) - 127.5) / 127.5
    expected = by_owner(made, scaled.transpose(2, 0, 1) if first else scaled)
    assert np.allclose(scores(place, noise), expected, atol=1e-5)
    bundle = load_bundle(place)
    session = create_runtime().load(bundle.models['theirs'], 'theirs')
    assert session.largest_batch > 1
    assert b'unused' not in bundle.models['theirs'] and len(bundle.models['theirs']) < 4000


@pytest.mark.parametrize('ending', ['', 'Softmax', 'LogSoftmax', 'Sigmoid'])
def test_scores_become_probabilities_whatever_they_were(
    ending: str, noise: Image, tmp_path: Path
) -> None:
    place = bring(tmp_path, saved(model(ending=ending), tmp_path / 'm.onnx'), '--scaling', '-1..1')
    scaled = ((noise.astype(np.float32) - 127.5) / 127.5).transpose(2, 0, 1)
    assert np.allclose(scores(place, noise), by_owner(model(), scaled), atol=1e-5)


def test_probabilities_of_an_operator_that_is_not_known_are_told_by_their_sum(
    noise: Image, tmp_path: Path
) -> None:
    made = model(ending='')
    exponential = helper.make_node('Exp', ['logits'], ['e'])
    total = helper.make_node('ReduceSum', ['e'], ['sum'], keepdims=1)
    made.graph.node.extend([exponential, total, helper.make_node('Div', ['e', 'sum'], ['out'])])
    made.graph.output[0].name = 'out'
    made.graph.node[-2].input.append('axes')
    made.graph.initializer.append(helper.make_tensor('axes', TensorProto.INT64, [1], [1]))
    place = bring(tmp_path, saved(made, tmp_path / 'm.onnx'), '--scaling', '-1..1')
    scaled = ((noise.astype(np.float32) - 127.5) / 127.5).transpose(2, 0, 1)
    assert np.allclose(scores(place, noise), by_owner(made, scaled), atol=1e-5)


def test_one_score_for_two_labels_is_the_second(tmp_path: Path) -> None:
    made = model(order=[2], ending='Sigmoid')
    place = bring(
        tmp_path, saved(made, tmp_path / 'm.onnx'), '--scaling', '-1..1', labels=('other', 'blue')
    )
    blue, red = (scores(place, plain_image(name)) for name in ('blue', 'red'))
    assert blue.argmax() == 1 and red.argmax() == 0


@pytest.mark.parametrize(
    ('kind', 'before'),
    [
        (TensorProto.FLOAT, [('Mul', 2 / 255), ('Sub', 1)]),
        (TensorProto.FLOAT, [('Sub', np.full((1, 3, 1, 1), 127.5)), ('Div', 127.5)]),
        (TensorProto.FLOAT, [('Div', 255), ('Sub', 0.5), ('Mul', 2)]),
        (TensorProto.UINT8, [('Mul', 2 / 255), ('Sub', 1)]),
        (TensorProto.FLOAT, [('Sub', 0.5), ('Div', 0.5)]),
    ],
    ids=['rescaling', 'by_channel', 'of_three', 'uint8', 'from_0..1'],
)
def test_the_scaling_that_a_graph_begins_with_is_found(
    kind: int, before: list[tuple[str, Any]], noise: Image, tmp_path: Path
) -> None:
    place = bring(tmp_path, saved(model(before=before, kind=kind), tmp_path / 'm.onnx'))
    scaled = ((noise.astype(np.float32) - 127.5) / 127.5).transpose(2, 0, 1)
    assert np.allclose(scores(place, noise), by_owner(model(), scaled), atol=1e-4)


@pytest.mark.parametrize(
    ('scaling', 'mean', 'deviation'),
    [
        ('imagenet', (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)),
        ('0.5,0.4,0.3,0.2,0.2,0.25', (127.5, 102, 76.5), (51, 51, 63.75)),
        ('0..1', (0, 0, 0), (255, 255, 255)),
        ('caffe', (123.68, 116.779, 103.939), (1, 1, 1)),
        ('none', (0, 0, 0), (1, 1, 1)),
        ('128,64', (128, 128, 128), (64, 64, 64)),
    ],
)  # fmt: skip
@pytest.mark.parametrize('channels', ['rgb', 'bgr'])
def test_scaling_and_order_of_channels_are_as_said(
    scaling: str, mean: Any, deviation: Any, channels: str, noise: Image, tmp_path: Path
) -> None:
    made = model()
    path = saved(made, tmp_path / 'm.onnx')
    place = bring(tmp_path, path, '--scaling', scaling, '--channels', channels)
    scaled = (noise - np.float32(mean)) / np.float32(deviation)
    scaled = scaled[..., ::-1] if channels == 'bgr' else scaled
    expected = by_owner(made, scaled.transpose(2, 0, 1).copy())
    assert np.allclose(scores(place, noise), expected, atol=1e-4)


def test_the_middle_is_cut_out_as_in_training(tmp_path: Path) -> None:
    path = saved(model(), tmp_path / 'm.onnx')
    place = bring(tmp_path, path, '--scaling', '-1..1', '--crop', '0.5')
    framed = np.zeros((16, 16, 3), np.uint8)
    framed[4:12, 4:12] = plain_image('green', 8, 8)
    variant = load_bundle(place).manifest.variants[0]
    assert (variant.height, variant.width) == (16, 16)
    assert np.allclose(scores(place, framed), scores(place, plain_image('green', 16, 16)))


def test_a_background_is_left_out_and_a_file_of_all_labels_serves(tmp_path: Path) -> None:
    path = saved(model(background=True), tmp_path / 'm.onnx')
    flags = [path, '--scaling', '-1..1', '--drop-first']
    one = bring(tmp_path, *flags)
    assert load_bundle(one).manifest.labels == LABELS
    assert scores(one, plain_image('red')).argmax() == 0
    assert load_bundle(bring(tmp_path, *flags, labels=('none', *LABELS))).manifest.labels == LABELS


def test_without_images_the_bundle_proves_the_runtime_and_says_what_it_lacks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = saved(model(), tmp_path / 'm.onnx')
    place = bring(tmp_path, path, '--scaling', '-1..1')
    said = capsys.readouterr().out
    for lack in ('golden frames of your own', 'accuracy', 'calibration', '--images'):
        assert lack in said
    bundle = load_bundle(place)
    assert len(bundle.manifest.golden) > 1 and bundle.manifest.variants[0].accuracy is None
    check_golden_frames(bundle, create_runtime())
    assert main(['check', str(place)]) == 0
    card = (place / 'MODEL_CARD.md').read_text()
    assert 'not measured' in card and 'whatever it sees' in card


def test_labelled_images_give_accuracy_temperature_thresholds_and_golden_frames(
    tmp_path: Path,
) -> None:
    photos = pictures(tmp_path / 'photos')
    place = bring(
        tmp_path, saved(model(), tmp_path / 'm.onnx'), '--scaling', '-1..1', '--images', photos
    )
    manifest = load_bundle(place).manifest
    (variant,) = manifest.variants
    assert variant.accuracy == 1.0
    # All are right: scores may be as sure as they can be.
    assert variant.temperature < 1
    assert manifest.decision.decide_above == 0.5
    assert {frame.label for frame in manifest.golden} == set(LABELS)
    assert '90 labelled images' in (place / 'MODEL_CARD.md').read_text()


def test_folders_may_be_named_by_position_or_in_other_letters(tmp_path: Path) -> None:
    photos = pictures(tmp_path / 'photos', labels=('Red_light', '1', 'BLUE'))
    path = saved(model(), tmp_path / 'm.onnx')
    names = ('red light, stop', 'green', 'blue')
    place = bring(tmp_path, path, '--scaling', '-1..1', '--images', photos, labels=names)
    assert load_bundle(place).manifest.variants[0].accuracy == 1.0


def test_several_models_become_one_ladder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blind = saved(model(order=[0, 0, 2], side=16), tmp_path / 'blind.onnx')
    small = saved(model(), tmp_path / 'small.onnx')
    large = saved(model(side=12, first=False), tmp_path / 'large.onnx')
    place = bring(tmp_path, small, large, blind, '--scaling', '-1..1')
    names = [variant.name for variant in load_bundle(place).manifest.variants]
    assert names == ['blind', 'large', 'small']
    photos = pictures(tmp_path / 'photos')
    capsys.readouterr()
    place = bring(tmp_path, small, large, blind, '--scaling', '-1..1', '--images', photos)
    assert [variant.name for variant in load_bundle(place).manifest.variants] == ['small']
    assert 'left out: blind: 66.67%' in capsys.readouterr().out


@pytest.mark.parametrize('opset', [18, 20])
def test_what_torch_exports_today_becomes_opset_17(
    opset: int, noise: Image, tmp_path: Path
) -> None:
    made = model(ending='')
    del made.graph.node[-3:]
    made.graph.node.extend(
        [
            helper.make_node('Pad', ['curved', 'pads'], ['wide']),
            helper.make_node('Split', ['wide', 'sizes'], ['a', 'b'], axis=1),
            helper.make_node('Concat', ['a', 'b'], ['c'], axis=1),
            helper.make_node('ReduceMean', ['c', 'axes'], ['logits'], keepdims=0),
        ]
    )
    for name, values in (('pads', [0, 0, 1, 1, 0, 0, 0, 0]), ('sizes', [1, 2]), ('axes', [2, 3])):
        tensor = helper.make_tensor(name, TensorProto.INT64, [len(values)], values)
        made.graph.initializer.append(tensor)
    made.opset_import[0].version = opset
    place = bring(tmp_path, saved(made, tmp_path / 'm.onnx'), '--scaling', '-1..1')
    scaled = ((noise.astype(np.float32) - 127.5) / 127.5).transpose(2, 0, 1)
    logits = np.exp(by_owner(made, scaled))
    assert np.allclose(scores(place, noise), logits / logits.sum(), atol=1e-5)
    found = onnx.load_from_string(load_bundle(place).models['m'])
    assert [entry.version for entry in found.opset_import] == [17]


def _two_inputs() -> ModelProto:
    made = model()
    made.graph.input.append(helper.make_tensor_value_info('sound', TensorProto.FLOAT, [1, 9]))
    return made


def _detector() -> ModelProto:
    made = model(ending='')
    made.graph.node.pop()
    made.graph.node[-1].op_type = 'Identity'
    made.graph.output[0].name = 'mean'
    del made.graph.output[0].type.tensor_type.shape.dim[:]
    return made


def _float64() -> ModelProto:
    made = model(ending='')
    made.graph.node.append(helper.make_node('Cast', ['logits'], ['double'], to=TensorProto.DOUBLE))
    made.graph.node.append(helper.make_node('Cast', ['double'], ['out'], to=TensorProto.FLOAT))
    made.graph.output[0].name = 'out'
    return made


def _foreign() -> ModelProto:
    made = model()
    made.graph.node[0].domain = 'com.microsoft'
    made.opset_import.append(helper.make_opsetid('com.microsoft', 1))
    return made


def _grey() -> ModelProto:
    made = model()
    made.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 1
    return made


@pytest.mark.parametrize(
    ('made', 'flags', 'said'),
    [
        (model(), [], 'does not tell how its pixels are scaled: give --scaling'),
        (_two_inputs(), [], 'takes 2 inputs, picture [1, 3, 8, 8] and sound [1, 9]'),
        (_detector(), [], 'a detector or a segmenter'),
        (_float64(), [], 'computes in float64, beginning with Cast'),
        (_foreign(), [], 'com.microsoft.Tanh, which is not of ONNX itself'),
        (_grey(), [], 'grey pictures'),
        (model(side='S'), [], 'give --size'),
        (model(background=True), ['--scaling', '0..1'], 'give --drop-first'),
        (model(order=[0, 1]), ['--scaling', '0..1'], 'gives 2 scores, and there are 3 labels'),
        (model(), ['--scaling', 'bright'], '--scaling bright is none'),
        (model(), ['--scaling', '0..1', '--images', '/nowhere'], '/nowhere is no folder'),
    ],
    ids=['scaling', 'inputs', 'detector', 'float64', 'foreign', 'grey', 'size', 'background',
         'labels', 'bright', 'nowhere'],
)  # fmt: skip
def test_what_does_not_fit_is_one_sentence(
    made: ModelProto, flags: list[str], said: str, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    path = saved(made, tmp_path / 'm.onnx')
    labels = str(label_file(tmp_path))
    place = tmp_path / 'bundle'
    assert main(['bundle', 'import', str(path), *flags, '--labels', labels, '-o', str(place)]) == 1
    told = capsys.readouterr().err
    assert_one_sentence(told)
    assert said in told and not place.exists()


@pytest.mark.parametrize(
    ('name', 'content', 'said'),
    [
        ('text.onnx', b'background\ntench\n', 'not an ONNX model'),
        ('empty.onnx', b'', 'not an ONNX model'),
        ('text.tflite', b'background\ntench\n', 'not a TensorFlow Lite model'),
        ('cut.tflite', b'\x1c\0\0\0TFL3' + bytes(20), 'damaged'),
        ('mine.keras', b'', 'needs TensorFlow'),
        ('mine.pth', b'', 'torch.onnx.export'),
        ('mine.zip', b'', 'of no known kind: give .onnx, .tflite'),
    ],
)
def test_a_file_that_is_no_model_is_one_sentence(
    name: str, content: bytes, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    labels = str(label_file(tmp_path))
    assert (
        main(['bundle', 'import', str(path), '--labels', labels, '-o', str(tmp_path / 'b')]) == 1
    )
    told = capsys.readouterr().err
    assert_one_sentence(told)
    assert said in told


@pytest.mark.parametrize(
    ('made', 'flags', 'said'),
    [
        (model(), ['--scaling', 'none'], 'try --scaling imagenet or --scaling -1..1'),
        (model(order=[2, 1, 0]), ['--scaling', '-1..1'],
         'is right on 33% of 90 of the images, as if it guessed: try --channels bgr (100%)'),
        (model(order=[0, 0, 0]), ['--scaling', '-1..1'],
         'are the labels in the order of its outputs'),
        (model(), [], '-1..1 is right on 100%'),
    ],
    ids=['scaling', 'channels', 'labels', 'asked'],
)  # fmt: skip
def test_labelled_images_show_what_was_said_wrongly(
    made: ModelProto, flags: list[str], said: str, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    photos = pictures(tmp_path / 'photos')
    path, labels = saved(made, tmp_path / 'm.onnx'), label_file(tmp_path)
    place = tmp_path / 'bundle'
    assert main(['bundle', 'import', str(path), *flags, '--labels', str(labels), '--images',
                 str(photos), '-o', str(place)]) == 1  # fmt: skip
    told = capsys.readouterr().err
    assert_one_sentence(told)
    assert said in told and not place.exists()


def test_labels_and_scaling_that_a_model_brings_are_taken(tmp_path: Path) -> None:
    made = model()
    helper.set_model_props(
        made, {'author': 'Ultralytics', 'task': 'classify', 'names': str(dict(enumerate(LABELS)))}
    )
    place = tmp_path / 'bundle'
    path = saved(made, tmp_path / 'm.onnx')
    assert main(['bundle', 'import', str(path), '-o', str(place)]) == 0
    assert load_bundle(place).manifest.labels == LABELS
    onnx.checker.check_model(onnx.load_from_string(load_bundle(place).models['m']))
