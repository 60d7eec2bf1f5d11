# SPDX-License-Identifier: Apache-2.0
"""An engine is built once, found again, and built anew with the reason when anything differs."""

import json
import os
from pathlib import Path

import pytest

from mobilenet_perception.errors import BundleError
from mobilenet_perception.inference.engines import EngineKey, EngineStore
from mobilenet_perception.system.files import sealed_json
from tests.inference.engines.builds import (
    KEY,
    NAME,
    builder,
    engine_file,
    facts_line,
    flip,
    plan_of,
    refuse,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / 'deep' / 'engines'


@pytest.fixture
def store(folder: Path) -> EngineStore:
    """A store with one engine, as the next process finds it."""
    EngineStore(folder).get(KEY, NAME, builder(KEY))
    return EngineStore(folder)


def engines(store: EngineStore) -> list[EngineKey]:
    """Return the keys of the engines there are."""
    return [file.facts.key for file in store.files() if file.facts]


def troubles(store: EngineStore) -> list[str]:
    """Return the names of what is damaged."""
    return [file.name for file in store.files() if file.trouble]


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
    assert not again.built and again.plan == first.plan and again.facts == first.facts
    assert again == EngineStore(folder).find(KEY, NAME)
    assert EngineStore(folder).why_missing(KEY, NAME) == '' and len(told) == 1


def test_the_first_line_says_what_the_engine_is(store: EngineStore, folder: Path) -> None:
    value = json.loads(facts_line(folder))
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
    assert told == [reason] and engine.facts.reason == reason
    # The other one is still good for what it was built for.
    assert store.get(KEY, NAME, refuse).plan == plan_of(KEY)


def test_the_reason_is_what_differs_from_the_most_similar(store: EngineStore) -> None:
    other = KEY._replace(library_version='10.13.0', gpu_name='Thor', compute_capability='11.0')
    store.get(other, NAME, builder(other))
    assert store.why_missing(other._replace(gpu_name='Thor T4000'), NAME) == (
        'the GPU was Thor (11.0) and is Thor T4000 (11.0)'
    )


def test_a_flipped_byte_of_the_plan_or_the_facts_is_found(
    store: EngineStore, folder: Path
) -> None:
    file, length = engine_file(folder), len(facts_line(folder))
    whole = file.read_bytes()
    for index in range(0, length, 3):
        flip(file, index)
        assert store.find(KEY, NAME) is None, whole[:index]
        file.write_bytes(whole)
    assert store.find(KEY, NAME)
    for index in (length, length + 50_000, -1):
        flip(file, index)
        reason = 'the engine is damaged: its plan does not match its checksum'
        assert store.why_missing(KEY, NAME) == reason
        engine = store.get(KEY, NAME, builder(KEY))
        assert engine.built and engine.facts.reason == reason
        assert EngineStore(folder).get(KEY, NAME, refuse).plan == plan_of(KEY)


@pytest.mark.parametrize(
    ('content', 'reason'),
    [
        (b'', 'damaged: its facts do not match their own checksum'),
        (b'[' * 100_000, 'damaged: its facts do not match their own checksum'),
        (b'{}', 'damaged: its facts do not match their own checksum'),
        (sealed_json({'schema_version': 2}, indent=None),
         'another release: its facts have schema version 2 and this release reads 1'),
        (sealed_json({'schema_version': 1}, indent=None),
         "damaged: its facts are incomplete (KeyError('name'))"),
        (sealed_json({}, indent=None),
         "damaged: its facts are incomplete (KeyError('schema_version'))"),
        (b'[' + sealed_json({}, indent=None), 'damaged: its facts'),
    ],
)  # fmt: skip
def test_facts_that_are_none_of_ours(
    content: bytes, reason: str, store: EngineStore, folder: Path
) -> None:
    engine_file(folder).write_bytes(content)
    assert reason in store.why_missing(KEY, NAME)
    assert engines(store) == [] and len(troubles(store)) == 1
    assert reason in store.get(KEY, NAME, builder(KEY)).facts.reason
    assert troubles(store) == []


def test_an_engine_under_the_name_of_another_is_not_used(store: EngineStore, folder: Path) -> None:
    other = KEY._replace(gpu_name='Thor')
    engine_file(folder).rename(engine_file(folder, other))
    assert 'those of another engine' in store.why_missing(other, NAME)
    assert store.get(other, NAME, builder(other)).plan == plan_of(other)


@pytest.mark.parametrize('broken', ['cut', 'gone', 'link', 'folder', 'writable'])
def test_an_engine_that_cannot_be_trusted(broken: str, store: EngineStore, folder: Path) -> None:
    file = engine_file(folder)
    if broken == 'cut':
        os.truncate(file, 1000)
    elif broken == 'writable':
        file.chmod(0o666)
    else:
        file.rename(folder / 'elsewhere')
    if broken == 'link':
        file.symlink_to('elsewhere')
    if broken == 'folder':
        file.mkdir()
    assert store.find(KEY, NAME) is None
    engine = store.get(KEY, NAME, builder(KEY))
    assert engine.built and engine.plan == plan_of(KEY)
    # A folder in its place is nothing that a build removes.
    assert bool(engine.trouble) == (broken == 'folder')
    assert bool(store.find(KEY, NAME)) != (broken == 'folder')


def test_an_engine_that_the_library_refuses_is_built_again_with_the_reason(
    store: EngineStore,
) -> None:
    found = store.get(KEY, NAME, refuse)
    refused = found._replace(trouble='tensorrt 10.3.0 refuses it')
    told: list[str] = []
    again = store.get(KEY, NAME, builder(KEY), on_build=told.append, refused=refused)
    assert again.built and again.facts.reason == 'tensorrt 10.3.0 refuses it'
    assert told == ['tensorrt 10.3.0 refuses it']
    # Another process that was refused the same finds that it was built anew.
    assert store.get(KEY, NAME, refuse, refused=refused).facts == again.facts


def test_a_build_that_fails_leaves_nothing_and_lets_the_next_try(folder: Path) -> None:
    def fail(_: bytes) -> None:
        raise BundleError('the parser refuses the model')

    with pytest.raises(BundleError, match='the parser refuses'):
        EngineStore(folder).get(KEY, NAME, fail)  # type: ignore[arg-type]
    assert EngineStore(folder).files() == []
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
    assert troubles(store) == [damaged.name]
    assert learn(KEY._replace(model_sha256='c' * 64)) == b''


def test_the_engine_used_last_comes_first(folder: Path) -> None:
    keys = [KEY._replace(options=(('largest_batch', str(number)),)) for number in range(3)]
    for age, key in enumerate(keys):
        EngineStore(folder).get(key, NAME, builder(key))
        os.utime(engine_file(folder, key), (1e9 - age, 1e9 - age))
    assert EngineStore(folder).find(keys[1], NAME)
    assert engines(EngineStore(folder)) == [keys[1], keys[0], keys[2]]


def test_what_a_killed_builder_left_half_written_goes_with_the_next_build(
    store: EngineStore, folder: Path
) -> None:
    target = KEY.target
    left = [folder / f'.{name}.a1_2b3c4' for name in (KEY.file_name, f'{target}.timing')]
    for path in left:
        path.write_text('half')
    assert store.get(KEY, NAME, refuse)
    # Of another GPU, a build may be going on.
    thor = KEY._replace(gpu_name='Thor')
    store.get(thor, NAME, builder(thor))
    assert all(path.exists() for path in left)
    other = KEY._replace(model_sha256='e' * 64)
    store.get(other, NAME, builder(other))
    assert not any(path.exists() for path in left)
    assert store.get(KEY, NAME, refuse)


def test_files_that_are_not_ours_stay(store: EngineStore, folder: Path) -> None:
    names = ('notes.txt', 'model.engine', f'{KEY.digest}.engine', '.hidden.engine.tmp', 'a.json')
    mine = [folder / name for name in names]
    for path in mine:
        path.write_text('mine')
    assert [file.path for file in store.files() if file.path.suffix == '.engine'] == [
        engine_file(folder)
    ]
    engine_file(folder).unlink()
    store.get(KEY, NAME, builder(KEY))
    assert all(path.read_text() == 'mine' for path in mine)
