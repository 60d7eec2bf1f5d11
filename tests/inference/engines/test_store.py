# SPDX-License-Identifier: Apache-2.0
"""An engine is built once, found again, and built anew with the reason when anything differs."""

import json
import os
import time
from pathlib import Path

import pytest

from mobilenet_perception.errors import BundleError
from mobilenet_perception.inference.engines import EngineKey, EngineStore
from mobilenet_perception.system.checksums import sealed_json
from tests.inference.engines.builds import (
    KEY,
    NAME,
    builder,
    flip,
    plan_file,
    plan_of,
    refuse,
    sidecar_file,
)

FEW_BYTES = 250_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / 'deep' / 'engines'


@pytest.fixture
def store(folder: Path) -> EngineStore:
    """A store with one engine, as the next process finds it."""
    EngineStore(folder).get(KEY, NAME, builder(KEY))
    return EngineStore(folder)


def keys(count: int) -> list[EngineKey]:
    return [KEY._replace(options=(('largest_batch', str(number)),)) for number in range(count)]


def test_an_engine_is_built_once_and_found_by_the_next(folder: Path) -> None:
    store = EngineStore(folder)
    assert store.find(KEY, NAME) is None
    assert store.why_missing(KEY, NAME) == 'the cache has no engine of it'
    assert not folder.exists()
    told: list[str] = []
    first = store.get(KEY, NAME, builder(KEY, seconds=0.01), on_build=told.append)
    assert first.built and first.plan == plan_of(KEY) and not first.trouble
    assert told == ['the cache has no engine of it']
    again = EngineStore(folder).get(KEY, NAME, refuse, on_build=told.append)
    assert not again.built and again.plan == first.plan and again.sidecar == first.sidecar
    assert again == EngineStore(folder).find(KEY, NAME)
    assert EngineStore(folder).why_missing(KEY, NAME) == '' and len(told) == 1


def test_the_sidecar_says_what_the_engine_is(store: EngineStore, folder: Path) -> None:
    value = json.loads(sidecar_file(folder).read_text())
    assert value['name'] == NAME and value['key']['options']['workspace_mb'] == '256'
    assert value['key']['model_sha256'] == KEY.model_sha256
    assert value['reason'] == 'the cache has no engine of it'
    assert (value['precision_asked'], value['precision_proven']) == (
        'fp16',
        {'fp16': 41, 'fp32': 3},
    )
    assert value['built_at'].endswith('+00:00') and value['build_seconds'] >= 0


@pytest.mark.parametrize(
    ('change', 'reason'),
    [
        ({'model_sha256': 'f' * 64}, 'the model changed'),
        ({'library_version': '10.13.0'},
         'the library was tensorrt 10.3.0 and is tensorrt 10.13.0'),
        ({'gpu_name': 'Thor', 'compute_capability': '11.0'},
         'the GPU was Orin (8.7) and is Thor (11.0)'),
        ({'options': (('largest_batch', '8'), ('workspace_mb', '256'))},
         'largest_batch was 4 and is 8'),
        ({'options': (('dla_core', '0'), ('largest_batch', '4'), ('workspace_mb', '256'))},
         'dla_core was not set and is 0'),
        ({'model_sha256': 'f' * 64, 'library_version': '10.13.0'},
         'the model changed, the library was tensorrt 10.3.0 and is tensorrt 10.13.0'),
    ],
)  # fmt: skip
def test_what_differs_is_the_reason(
    change: dict[str, str], reason: str, store: EngineStore
) -> None:
    key = KEY._replace(**change)  # type: ignore[arg-type]
    told: list[str] = []
    assert store.why_missing(key, NAME) == reason
    assert store.why_missing(key, 'other/variant') == 'the cache has no engine of it'
    engine = store.get(key, NAME, builder(key), on_build=told.append)
    assert engine.built and engine.plan == plan_of(key)
    assert told == [reason] and engine.sidecar.reason == reason
    # The other one is still good for what it was built for.
    assert store.get(KEY, NAME, refuse).plan == plan_of(KEY)


def test_the_reason_is_what_differs_from_the_most_similar(store: EngineStore) -> None:
    other = KEY._replace(library_version='10.13.0', gpu_name='Thor', compute_capability='11.0')
    store.get(other, NAME, builder(other))
    assert store.why_missing(other._replace(gpu_name='Thor T4000'), NAME) == (
        'the GPU was Thor (11.0) and is Thor T4000 (11.0)'
    )


def test_a_flipped_byte_of_the_plan_or_the_sidecar_is_found(
    store: EngineStore, folder: Path
) -> None:
    text = sidecar_file(folder).read_bytes()
    for index in range(0, len(text), 3):
        flip(sidecar_file(folder), index)
        assert store.find(KEY, NAME) is None, text[:index]
        sidecar_file(folder).write_bytes(text)
    assert store.find(KEY, NAME)
    for index in (0, 50_000, -1):
        flip(plan_file(folder), index)
        reason = 'the engine is damaged: its plan does not match its checksum'
        assert store.why_missing(KEY, NAME) == reason
        engine = store.get(KEY, NAME, builder(KEY))
        assert engine.built and engine.sidecar.reason == reason
        assert EngineStore(folder).get(KEY, NAME, refuse).plan == plan_of(KEY)


@pytest.mark.parametrize(
    ('content', 'reason'),
    [
        (b'', 'damaged: its sidecar is not JSON'),
        (b'[' * 100_000, 'damaged: its sidecar is not JSON'),
        (b'{}', 'damaged: its sidecar is none'),
        (sealed_json({'schema': 'mobilenet_perception.engine', 'schema_version': 2}),
         'another release: its sidecar has schema version 2 and this release reads 1'),
        (sealed_json({'schema': 'mobilenet_perception.engine', 'schema_version': 1}),
         "damaged: its sidecar is incomplete (KeyError('name'))"),
    ],
)  # fmt: skip
def test_a_sidecar_that_is_none_of_ours(
    content: bytes, reason: str, store: EngineStore, folder: Path
) -> None:
    sidecar_file(folder).write_bytes(content)
    assert reason in store.why_missing(KEY, NAME)
    assert store.entries() == []
    assert reason in store.get(KEY, NAME, builder(KEY)).sidecar.reason
    assert store.verify() == []


def test_an_engine_under_the_name_of_another_is_not_used(store: EngineStore, folder: Path) -> None:
    other = KEY._replace(gpu_name='Thor')
    sidecar_file(folder).rename(sidecar_file(folder, other))
    plan_file(folder).rename(plan_file(folder, other))
    assert 'that of another engine' in store.why_missing(other, NAME)
    assert store.get(other, NAME, builder(other)).plan == plan_of(other)


@pytest.mark.parametrize('broken', ['cut', 'gone', 'link', 'folder', 'writable'])
def test_a_plan_that_cannot_be_trusted(broken: str, store: EngineStore, folder: Path) -> None:
    plan = plan_file(folder)
    if broken == 'cut':
        os.truncate(plan, 1000)
    elif broken == 'writable':
        plan.chmod(0o666)
    else:
        plan.rename(folder / 'elsewhere')
    if broken == 'link':
        plan.symlink_to('elsewhere')
    if broken == 'folder':
        plan.mkdir()
    assert store.find(KEY, NAME) is None
    engine = store.get(KEY, NAME, builder(KEY))
    assert engine.built and engine.plan == plan_of(KEY)
    # A folder in its place is nothing that a build removes.
    assert bool(engine.trouble) == (broken == 'folder')
    assert bool(store.find(KEY, NAME)) != (broken == 'folder')


def test_a_build_that_fails_leaves_nothing_and_lets_the_next_try(folder: Path) -> None:
    def fail(_: bytes) -> None:
        raise BundleError('the parser refuses the model')

    with pytest.raises(BundleError, match='the parser refuses'):
        EngineStore(folder).get(KEY, NAME, fail)  # type: ignore[arg-type]
    assert EngineStore(folder).entries() == [] and EngineStore(folder).verify() == []
    assert EngineStore(folder).get(KEY, NAME, builder(KEY)).built


def test_what_the_library_learned_goes_to_the_next_build_on_that_gpu(store: EngineStore) -> None:
    seen: list[bytes] = []

    def learn(key: EngineKey) -> bytes:
        store.get(key, NAME, lambda cache: seen.append(cache) or builder(key)(cache))  # type: ignore[func-returns-value]
        return seen[-1]

    first = KEY.digest[:8].encode()
    other = KEY._replace(model_sha256='e' * 64)
    assert learn(other) == first
    assert learn(KEY._replace(gpu_name='Thor')) == b''
    assert learn(KEY._replace(library_version='10.13.0')) == b''
    assert learn(KEY._replace(model_sha256='d' * 64)) == first + other.digest[:8].encode()
    (damaged,) = (path for path in store.folder.glob('tensorrt_10.3.0_Orin*.timing'))
    flip(damaged)
    assert [finding.what for finding in store.verify()] == [damaged.name]
    assert learn(KEY._replace(model_sha256='c' * 64)) == b''


def test_the_least_recently_used_makes_room(folder: Path) -> None:
    first, second, third = keys(3)
    for key in (first, second):
        assert not EngineStore(folder, FEW_BYTES).get(key, NAME, builder(key)).trouble
    EngineStore(folder, FEW_BYTES).get(first, NAME, refuse)
    assert not EngineStore(folder, FEW_BYTES).get(third, NAME, builder(third)).trouble
    left = EngineStore(folder)
    assert [entry.sidecar.key for entry in left.entries()] == [third, first]
    assert left.find(second, NAME) is None and not plan_file(folder, second).exists()


def test_engines_in_use_stay_above_the_limit_and_that_is_told(folder: Path) -> None:
    store = EngineStore(folder, FEW_BYTES)
    built = [store.get(key, NAME, builder(key)) for key in keys(4)]
    assert [bool(engine.trouble) for engine in built] == [False, False, True, True]
    assert 'in use have 0.40 MB' in built[-1].trouble and 'hold 0.25 MB' in built[-1].trouble
    assert len(store.entries()) == 4
    # An engine that is larger than the limit is kept, alone.
    tiny = EngineStore(folder, 1000)
    key = KEY._replace(gpu_name='Thor')
    assert 'have 0.10 MB' in tiny.get(key, NAME, builder(key)).trouble
    assert [entry.sidecar.key for entry in tiny.entries()] == [key]


def test_use_is_remembered_on_a_clock_that_was_set_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = keys(3)
    for key in (first, second):
        EngineStore(folder, FEW_BYTES).get(key, NAME, builder(key))
    # A board without battery starts in 1970.
    monkeypatch.setattr(time, 'time_ns', lambda: 1_000_000_000)
    EngineStore(folder, FEW_BYTES).get(first, NAME, refuse)
    EngineStore(folder, FEW_BYTES).get(third, NAME, builder(third))
    assert [entry.sidecar.key for entry in EngineStore(folder).entries()] == [third, first]


def test_what_a_killed_builder_left_half_written_goes_with_the_next_build(
    store: EngineStore, folder: Path
) -> None:
    target = KEY.target
    left = [folder / f'.{name}.a1_2b3c4' for name in (f'{KEY.digest}.plan', f'{target}.timing')]
    for path in left:
        path.write_text('half')
    assert store.get(KEY, NAME, refuse)
    thor = KEY._replace(gpu_name='Thor')
    store.get(thor, NAME, builder(thor))
    assert not any(path.exists() for path in left)
    assert store.get(KEY, NAME, refuse)


def test_files_that_are_not_ours_stay(store: EngineStore, folder: Path) -> None:
    mine = [folder / name for name in ('notes.txt', 'model.plan', '.hidden.plan.tmp', 'a.json')]
    for path in mine:
        path.write_text('mine')
    EngineStore(folder, 1).get(KEY._replace(gpu_name='Thor'), NAME, builder(KEY))
    assert all(path.read_text() == 'mine' for path in mine)
    assert not plan_file(folder).exists()
