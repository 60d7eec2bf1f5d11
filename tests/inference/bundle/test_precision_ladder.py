# SPDX-License-Identifier: Apache-2.0
"""Only precisions that pay are run, and a coarse one that errs here costs nothing but itself."""

import json
from pathlib import Path

import pytest

from mobilenet_perception.errors import BundleError
from mobilenet_perception.inference.bundle import (
    Variant,
    check_golden_frames,
    load_bundle,
    write_bundle,
)
from mobilenet_perception.inference.bundle.precision_ladder import may_fail, not_worth_running
from mobilenet_perception.inference.classifier import Classifier
from mobilenet_perception.inference.runtimes import create_runtime
from mobilenet_perception.system.files import entry_of, sealed_json
from tests.support.tiny_bundle import LABELS, plain_image, tiny_manifest, tiny_model

_TINY = tiny_manifest().variants[0]


def variant(precision: str, accuracy: float = 0.9, alpha: float = 1.0) -> Variant:
    return _TINY._replace(
        name=f'{precision}_{alpha:g}', precision=precision, accuracy=accuracy, alpha=alpha
    )


def useless(*given: tuple[Variant, float]) -> set[str]:
    times = {one.name: ms for one, ms in given}
    return set(not_worth_running([one for one, _ in given], times))


def test_a_coarser_precision_must_be_faster() -> None:
    fine, coarse = variant('fp32'), variant('int8', 0.89)
    assert useless((fine, 2.0), (coarse, 1.0)) == set()
    assert useless((fine, 2.0), (coarse, 1.95)) == {'int8_1'}
    assert useless((fine, 2.0), (coarse, 5.0)) == {'int8_1'}


def test_it_must_be_faster_than_each_finer_one() -> None:
    fine, half, coarse = variant('fp32'), variant('fp16', 0.9), variant('int8', 0.88)
    # FP16 is as accurate and faster: FP32 is of no use; INT8 is no faster than FP16.
    assert useless((fine, 4.0), (half, 2.0), (coarse, 3.0)) == {'fp32_1', 'int8_1'}
    # FP16 is slower than FP32, INT8 only faster than FP16.
    assert useless((fine, 2.0), (half, 4.0), (coarse, 3.0)) == {'fp16_1', 'int8_1'}
    assert useless((fine, 4.0), (half, 3.0), (coarse, 1.0)) == {'fp32_1'}


def test_a_faster_one_at_least_as_accurate_takes_the_place_of_the_finer() -> None:
    assert useless((variant('fp32'), 2.0), (variant('int8', 0.95), 1.0)) == {'fp32_1'}


def test_other_networks_are_not_compared() -> None:
    assert useless((variant('fp32'), 2.0), (variant('int8', 0.8, alpha=0.5), 3.0)) == set()


def test_only_what_is_there_in_a_finer_precision_may_fail() -> None:
    fine, coarse, alone = variant('fp32'), variant('int8'), variant('int8', alpha=0.5)
    everything = [fine, coarse, alone]
    assert [may_fail(one, everything) for one in everything] == [False, True, False]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a bundle of one network in FP32 and INT8, whose INT8 scores are wrong here."""
    coarse = _TINY._replace(name='coarse', file='coarse.onnx', precision='int8')
    manifest = tiny_manifest()._replace(variants=(_TINY, coarse))
    golden = [(label, label, plain_image(label)) for label in LABELS]
    models = {'tiny': tiny_model(), 'coarse': tiny_model(work=8)}
    folder = tmp_path / 'two'
    write_bundle(folder, manifest, models, golden, '', create_runtime())
    return folder


def spoil(folder: Path, name: str) -> None:
    value = json.loads((folder / 'bundle.json').read_text())
    value.pop('digest')
    for golden in value['golden']:
        golden['scores'][name].reverse()
    for path, entry in value['files'].items():
        entry.update(entry_of((folder / path).read_bytes())._asdict())
    (folder / 'bundle.json').write_bytes(sealed_json(value))


def test_a_coarse_variant_with_other_scores_is_left_out(folder: Path) -> None:
    spoil(folder, 'coarse')
    classifier = Classifier(load_bundle(folder), create_runtime(), warmup_runs=1)
    assert list(classifier.variants) == ['tiny']
    assert 'does not give its golden scores' in classifier.left_out['coarse']
    assert classifier.profile_ms.keys() == {'tiny'}


def test_the_finest_must_not_fail(folder: Path) -> None:
    spoil(folder, 'tiny')
    with pytest.raises(BundleError, match='variant tiny does not give its golden scores'):
        check_golden_frames(load_bundle(folder), create_runtime())
