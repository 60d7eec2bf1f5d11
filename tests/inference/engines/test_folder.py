# SPDX-License-Identifier: Apache-2.0
"""Engines are code: their folder is its owner's alone, or refused; no folder is no disaster."""

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mobilenet_perception.errors import EngineCacheError
from mobilenet_perception.inference.engines import EngineStore
from mobilenet_perception.inference.engines.engine_file import default_folder
from tests.inference.engines.builds import (
    KEY,
    NAME,
    NOBODY,
    PROCESSES,
    SIZE,
    builder,
    engine_file,
    get_as_ordinary_user,
    plan_of,
    refuse,
    reports,
)


def test_where_engines_are_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv('HOME', str(tmp_path))
    monkeypatch.delenv('MOBILENET_PERCEPTION_ENGINES', raising=False)
    own = Path('mobilenet_perception', 'engines')
    monkeypatch.delenv('XDG_CACHE_HOME', raising=False)
    assert default_folder() == tmp_path / '.cache' / own
    monkeypatch.setenv('XDG_CACHE_HOME', 'relative')
    assert default_folder() == tmp_path / '.cache' / own
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'xdg'))
    assert default_folder() == tmp_path / 'xdg' / own
    monkeypatch.setenv('MOBILENET_PERCEPTION_ENGINES', '~/engines')
    assert default_folder() == EngineStore().folder == tmp_path / 'engines'


def test_the_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    EngineStore(tmp_path / 'engines').get(KEY, NAME, builder(KEY))
    assert stat.S_IMODE((tmp_path / 'engines').stat().st_mode) == 0o700


@pytest.mark.parametrize('mode', [0o777, 0o775, 0o702])
def test_a_folder_that_others_can_write_to_is_refused(mode: int, tmp_path: Path) -> None:
    store = EngineStore(tmp_path)
    store.get(KEY, NAME, builder(KEY))
    tmp_path.chmod(mode)
    for use in (
        lambda: store.find(KEY, NAME),
        lambda: store.why_missing(KEY, NAME),
        lambda: store.get(KEY, NAME, refuse),
        store.files,
    ):
        with pytest.raises(
            EngineCacheError, match=f'other users can write.*chmod go-w {tmp_path}'
        ):
            use()
    tmp_path.chmod(0o755)
    assert store.get(KEY, NAME, refuse).plan == plan_of(KEY)


def test_a_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    folder = Path('/usr')
    if os.geteuid() == 0:
        folder = tmp_path / 'engines'
        folder.mkdir(mode=0o700)
        os.chown(folder, NOBODY, NOBODY)
    with pytest.raises(EngineCacheError, match='belongs to another user'):
        EngineStore(folder).get(KEY, NAME, refuse)


def test_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / 'engines').write_text('no folder')
    with pytest.raises(EngineCacheError, match='is not a folder'):
        EngineStore(tmp_path / 'engines').get(KEY, NAME, refuse)


def test_where_no_folder_can_be_made_the_engine_is_built_and_the_trouble_told() -> None:
    store = EngineStore(Path('/proc/engines'))
    engine = store.get(KEY, NAME, builder(KEY))
    assert engine.built and engine.plan == plan_of(KEY)
    assert engine.trouble.startswith('/proc/engines cannot be written (')
    assert engine.trouble.endswith(f'{NAME} may have to be built again at the next start')
    assert store.files() == []


@pytest.fixture
def ordinary() -> Iterator[Path]:
    """A folder that an ordinary user owns, also where tests run as root."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / 'engines'
        folder.mkdir()
        if os.geteuid() == 0:
            for path in (Path(scratch), folder):
                os.chown(path, NOBODY, NOBODY)
        yield folder


def run(folder: Path, mode: int, room: int = 0, size: int = SIZE) -> dict[str, object]:
    given = (folder, mode, room, size)
    process = PROCESSES.Process(target=get_as_ordinary_user, args=given)
    process.start()
    process.join()
    (result,) = reports(folder.parent)
    return result


@pytest.mark.parametrize('mode', [0o500, 0o300, 0o000])
def test_a_folder_without_permissions(mode: int, ordinary: Path) -> None:
    result = run(ordinary, mode)
    assert result['built'] and result['right']
    assert 'cannot be written (Permission denied)' in str(result['trouble'])


# Of bytes that a file may have: the plan does not fit, or the facts do not.
@pytest.mark.parametrize(('room', 'size'), [(50_000, SIZE), (500, 400)])
def test_a_full_disk(room: int, size: int, ordinary: Path) -> None:
    result = run(ordinary, 0o700, room, size)
    assert result['built'] and result['right']
    assert f'{ordinary} cannot be written (File too large)' in str(result['trouble'])
    ordinary.chmod(0o700)
    left = {path.suffix for path in ordinary.iterdir()}
    assert left == {'.lock'}


def test_an_engine_in_a_read_only_folder_is_found(ordinary: Path) -> None:
    assert not run(ordinary, 0o700)['trouble']
    assert engine_file(ordinary).read_bytes().endswith(b'\n' + plan_of(KEY))
    (report,) = (path for path in ordinary.parent.iterdir() if path.name.isdigit())
    report.unlink()
    result = run(ordinary, 0o500)
    assert not result['built'] and result['right'] and not result['trouble']
