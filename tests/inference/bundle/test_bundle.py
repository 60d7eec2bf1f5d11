# SPDX-License-Identifier: Apache-2.0
"""A bundle that is damaged, inconsistent or wrong does not start, and says why."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mobilenet_perception.errors import BundleError
from mobilenet_perception.frames import Frame
from mobilenet_perception.inference.bundle import check_golden_frames, load_bundle, write_bundle
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.inference.runtimes import create_runtime
from mobilenet_perception.system.files import entry_of, sealed_json
from tests.support.tiny_bundle import (
    LABELS,
    plain_image,
    tiny_manifest,
    tiny_model,
    write_tiny_bundle,
)

Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_tiny_bundle(tmp_path / 'tiny').folder


def reseal(folder: Path, change: Change) -> None:
    """Change bundle.json as somebody would who knows how it is sealed."""
    value = json.loads((folder / 'bundle.json').read_text())
    change(value)
    value.pop('digest')
    for path, entry in value['files'].items():
        if (folder / path).is_file():
            entry.update(entry_of((folder / path).read_bytes())._asdict())
    (folder / 'bundle.json').write_bytes(sealed_json(value))


def test_round_trip(folder: Path) -> None:
    bundle = load_bundle(folder)
    assert bundle.manifest.labels == LABELS
    assert bundle.models == {'tiny': tiny_model()}
    for golden in bundle.manifest.golden:
        np.testing.assert_array_equal(bundle.golden_images[golden.file], plain_image(golden.label))
        assert max(golden.scores['tiny']) == golden.scores['tiny'][LABELS.index(golden.label)]
    assert set(check_golden_frames(bundle, create_runtime()).sessions) == {'tiny'}


def test_writing_again_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    again = write_tiny_bundle(tmp_path / 'again').folder
    assert (again / 'bundle.json').read_bytes() == (folder / 'bundle.json').read_bytes()


def test_every_changed_byte_is_found(folder: Path) -> None:
    for path in sorted(path for path in folder.rglob('*') if path.is_file()):
        whole = path.read_bytes()
        for position in range(0, len(whole), max(1, len(whole) // 25)):
            changed = bytearray(whole)
            changed[position] ^= 0x01
            path.write_bytes(changed)
            with pytest.raises(BundleError):
                load_bundle(folder)
        path.write_bytes(whole)
    load_bundle(folder)


@pytest.mark.parametrize('name', ['bundle.json', 'tiny.onnx', 'golden/red.png', 'MODEL_CARD.md'])
def test_missing_and_truncated_files(folder: Path, name: str) -> None:
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[:-1])
    with pytest.raises(BundleError, match=name.replace('.', r'\.')):
        load_bundle(folder)
    (folder / name).unlink()
    with pytest.raises(BundleError, match=name.replace('.', r'\.')):
        load_bundle(folder)


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match='not a model bundle'):
        load_bundle(tmp_path / 'nothing')


def test_missing_label(folder: Path) -> None:
    def drop_label(value: dict[str, Any]) -> None:
        value['labels'].pop()
        for golden in value['golden']:
            golden['scores'] = {'tiny': golden['scores']['tiny'][:2]}
        value['golden'].pop()

    reseal(folder, drop_label)
    with pytest.raises(BundleError, match='gives 3 scores, but the bundle has 2 labels'):
        check_golden_frames(load_bundle(folder), create_runtime())


def test_swapped_labels_are_refused_by_the_golden_frames(folder: Path) -> None:
    reseal(folder, lambda value: value['golden'][0]['scores']['tiny'].reverse())
    with pytest.raises(BundleError, match='does not give its golden scores for golden/red'):
        check_golden_frames(load_bundle(folder), create_runtime())


def test_swapped_colour_order_is_named(folder: Path) -> None:
    def exchange(value: dict[str, Any]) -> None:
        for golden in value['golden']:
            golden['scores']['tiny'].reverse()

    reseal(folder, exchange)
    with pytest.raises(BundleError, match='red and blue exchanged'):
        check_golden_frames(load_bundle(folder), create_runtime())


def test_other_preprocessing_is_named(folder: Path) -> None:
    reseal(folder, lambda value: value['preprocessing'].update(colour_order='bgr'))
    with pytest.raises(BundleError, match="colour_order is 'bgr'"):
        load_bundle(folder)


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (lambda v: v.update(schema_version=99), 'schema version 99'),
        (lambda v: v.pop('labels'), "'labels' must be a list; it is missing"),
        (lambda v: v.update(labels=['red', 'red', 'blue']), 'different'),
        (lambda v: v['variants'][0].update(file='../../etc/passwd'), 'not inside the bundle'),
        (lambda v: v['variants'][0].update(file='/etc/passwd'), 'not inside the bundle'),
        (lambda v: v['variants'][0].update(height=-3), 'out of range'),
        (lambda v: v['variants'][0].update(height=True), "'height' must be a int"),
        (lambda v: v['decision'].update(decide_above=1.5), 'between 0 and 1'),
        (lambda v: v['decision'].update(leave_below=0.9), 'must not exceed'),
        (
            lambda v: v['variants'][0].update(decide_above={'pink': 0.5}),
            "'pink', which is no label",
        ),
        (lambda v: v['variants'][0].update(decide_above={'red': 1.5}), 'between 0 and 1'),
        (lambda v: v['golden'].clear(), 'no golden frames'),
        (lambda v: v['golden'][0].update(label='pink'), 'no such label'),
        (lambda v: v['files'].pop('tiny.onnx'), 'without listing its checksum'),
        (lambda v: v.update(files=3), 'size and sha256'),
        (lambda v: v['variants'].clear(), 'at least one'),
    ],
)
def test_inconsistent_manifest(folder: Path, change: Change, message: str) -> None:
    value = json.loads((folder / 'bundle.json').read_text())
    value.pop('digest')
    change(value)
    (folder / 'bundle.json').write_bytes(sealed_json(value))
    with pytest.raises(BundleError, match=message):
        load_bundle(folder)


def test_a_bundle_of_before_has_one_threshold_for_all_labels(folder: Path) -> None:
    value = json.loads((folder / 'bundle.json').read_text())
    value.pop('digest')
    value['variants'][0].pop('decide_above')
    (folder / 'bundle.json').write_bytes(sealed_json(value))
    classifier = Classifier(load_bundle(folder), create_runtime(), warmup_runs=1)
    scores = classifier.classify(Frame(plain_image('red'), 'rgb'))
    assert scores.decide_above is not None
    assert set(scores.decide_above) == {np.float32(value['decision']['decide_above'])}


def test_each_label_has_its_threshold_and_the_others_the_bundles(folder: Path) -> None:
    value = json.loads((folder / 'bundle.json').read_text())
    value.pop('digest')
    value['variants'][0]['decide_above'] = {'red': 0.875}
    (folder / 'bundle.json').write_bytes(sealed_json(value))
    classifier = Classifier(load_bundle(folder), create_runtime(), warmup_runs=1)
    scores = classifier.classify(Frame(plain_image('red'), 'rgb'))
    assert scores.decide_above is not None
    found = dict(zip(classifier.labels, scores.decide_above, strict=True))
    assert found['red'] == 0.875
    assert found['blue'] == np.float32(value['decision']['decide_above'])


def test_failed_writing_leaves_the_old_bundle(folder: Path) -> None:
    before = (folder / 'bundle.json').read_bytes()
    wrong = tiny_manifest(('red', 'green'))
    golden = [('red', 'red', plain_image('red'))]
    with pytest.raises(BundleError):
        write_bundle(folder, wrong, {'tiny': tiny_model()}, golden, '', create_runtime())
    assert (folder / 'bundle.json').read_bytes() == before
    assert [path.name for path in folder.parent.iterdir()] == ['tiny']


def test_writing_spares_a_folder_that_is_no_bundle(tmp_path: Path) -> None:
    (tmp_path / 'notes.txt').write_text('mine')
    with pytest.raises(BundleError, match='not a bundle'):
        write_tiny_bundle(tmp_path)
    assert (tmp_path / 'notes.txt').read_text() == 'mine'
