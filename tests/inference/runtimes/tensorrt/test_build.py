# SPDX-License-Identifier: Apache-2.0
"""TensorRT's own parser and compiler take what is ours, and what they refuse is said."""

from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from mobilenet_perception.errors import BundleError, RuntimeUnavailableError
from mobilenet_perception.inference.bundle import default_bundle_path, load_bundle
from mobilenet_perception.inference.engines import EngineStore
from mobilenet_perception.inference.runtimes import RuntimeSettings
from mobilenet_perception.inference.runtimes.tensorrt import build_engine, engine_key
from tests.inference.runtimes.tensorrt.graphs import RTX, needs_rtx, scoring
from tests.support.tiny_bundle import tiny_model

pytestmark = needs_rtx

BUNDLE = load_bundle(default_bundle_path())


@pytest.mark.parametrize('variant', BUNDLE.manifest.variants, ids=lambda variant: variant.name)
def test_every_variant_of_the_default_bundle_compiles(variant: object) -> None:
    name, precision = variant.name, variant.precision  # type: ignore[attr-defined]
    built = build_engine(BUNDLE.models[name], name, RTX._replace(largest_batch=1))
    assert built.precision_asked == precision
    assert len(built.plan) > 100_000
    # No GPU has run it, so that nothing is claimed.
    assert built.precision_proven == {}


def test_one_frame_alone_or_several_at_once() -> None:
    fixed, free = (scoring(batch=batch) for batch in (1, 'batch'))
    sizes = [
        len(build_engine(model, 'tiny', RTX._replace(largest_batch=largest)).plan)
        for model, largest in ((fixed, 4), (free, 1), (free, 4))
    ]
    # Several are computed by other code than one.
    assert sizes[2] > max(sizes[:2])


def double(name: str) -> TensorProto:
    return numpy_helper.from_array(np.array(2.0), name)


@pytest.mark.parametrize(
    ('model', 'words'),
    [
        (
            scoring(cast_to=TensorProto.DOUBLE),
            r'no float64, which its operator Cast \(to_number\)',
        ),
        (
            scoring(
                helper.make_node('Mul', ['mean', 'two'], ['levels'], 'twice'),
                constants=(double('two'),),
            ),
            r'no float64, which its operator Mul \(twice\)',
        ),
        (
            scoring(helper.make_node('Constant', [], ['levels'], 'fixed', value=double('x'))),
            r'no float64, which its operator Constant \(fixed\)',
        ),
        (
            scoring(helper.make_node('Det', ['mean'], ['levels'], 'volume')),
            r'does not take its operator Det \(volume\)',
        ),
        (
            scoring(helper.make_node('Magic', ['mean'], ['levels'], 'odd', domain='made.up')),
            r'does not take its operator Magic \(odd: .*Plugin not found',
        ),
        (b'not a model', 'is no ONNX model'),
        (tiny_model()[:-40], 'variant odd'),
        (b'', 'variant odd'),
    ],
    ids=['cast', 'constant', 'node', 'unknown', 'foreign', 'text', 'cut off', 'empty'],
)
def test_what_tensorrt_does_not_take_is_said(model: bytes, words: str) -> None:
    with pytest.raises(BundleError, match=words) as raised:
        build_engine(model, 'odd', RTX)
    assert str(raised.value).startswith('variant odd')
    assert '\n' not in str(raised.value)


def test_a_model_of_another_shape_is_refused_as_on_the_cpu() -> None:
    floats = scoring(helper.make_node('Transpose', ['mean'], ['levels'], perm=[1, 0]), batch=1)
    with pytest.raises(BundleError, match=r'must take uint8 .* and gives float32 \[3, 1\]'):
        build_engine(floats, 'odd', RTX)


def test_a_build_tells_how_far_it_is_and_can_be_stopped() -> None:
    told: list[str] = []
    build_engine(scoring(), 'tiny', RTX, on_progress=told.append)
    assert len(told) > 5
    assert all(words.startswith('tiny: ') and ' of ' in words for words in told)

    def stop(words: str) -> None:
        told.append(words)
        raise KeyboardInterrupt

    told.clear()
    with pytest.raises(KeyboardInterrupt):
        build_engine(scoring(), 'tiny', RTX, on_progress=stop)
    assert len(told) == 1


def test_a_dla_that_is_not_there_is_said() -> None:
    with pytest.raises(RuntimeUnavailableError, match=r'no DLA core 0: .*set dla_core to -1'):
        build_engine(scoring(), 'tiny', RTX._replace(dla_core=0))


@pytest.mark.parametrize(
    'changed',
    [
        RTX._replace(workspace_mb=64),
        RTX._replace(largest_batch=2),
        RTX._replace(dla_core=0),
    ],
)
def test_options_of_the_build_are_in_the_key(changed: RuntimeSettings) -> None:
    model = scoring()
    key = engine_key(model, RTX)
    assert key == engine_key(model, RTX._replace(threads=8, engines=Path('other')))
    assert engine_key(model, changed).digest != key.digest
    assert engine_key(tiny_model(), RTX).digest != key.digest
    assert (key.library, key.compute_capability) == ('tensorrt_rtx', '8.0')


def test_a_real_engine_is_built_once(tmp_path: Path) -> None:
    model, store = scoring(), EngineStore(tmp_path / 'engines')
    key = engine_key(model, RTX)
    first = store.get(key, 'tiny', lambda cache: build_engine(model, 'tiny', RTX, cache))
    assert first.built
    assert first.facts.precision_asked == 'fp32'

    def again(cache: bytes) -> None:
        raise AssertionError('it is there')

    second = EngineStore(store.folder).get(key, 'tiny', again)  # type: ignore[arg-type]
    assert (second.built, second.plan) == (False, first.plan)
    other = RTX._replace(workspace_mb=64)
    why = store.why_missing(engine_key(model, other), 'tiny')
    assert why == 'workspace_mb was 256 and is 64'
