# SPDX-License-Identifier: Apache-2.0
"""`engines` lists, verifies and removes what was built here, and says so."""

import json
import os
import time
from pathlib import Path

import pytest

from mobilenet_perception.inference.engines import EngineKey, EngineStore
from mobilenet_perception.tools.cli import main
from tests.inference.engines.builds import KEY, builder, engine_file, flip
from tests.support.colours import assert_one_sentence

DAY_S = 86_400
OTHER = KEY._replace(gpu_name='Thor', compute_capability='11.0', library_version='10.13.0')


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two engines of 0.1 MB; that of another GPU was used two days before the other."""
    folder = tmp_path / 'engines'
    monkeypatch.setenv('MOBILENET_PERCEPTION_ENGINES', str(folder))
    EngineStore().get(OTHER, 'colours/small', builder(OTHER))
    then = time.time() - 2 * DAY_S
    os.utime(engine_file(folder, OTHER), (then, then))
    EngineStore().get(KEY, 'colours/tiny', builder(KEY))
    return folder


def left(folder: Path) -> list[EngineKey]:
    return [file.facts.key for file in EngineStore(folder).files() if file.facts]


def test_list(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['engines', 'list']) == 0
    heading, first, second, total = capsys.readouterr().out.splitlines()
    for expected in ('engine', 'precision asked', 'layers', 'size', 'GPU', 'library', 'built'):
        assert expected in heading
    for expected in ('colours/tiny', 'fp16', '41 fp16, 3 fp32', '0.10 MB', 'Orin (8.7)',
                     'tensorrt 10.3.0', f'{time.localtime().tm_year}-', ' s '):  # fmt: skip
        assert expected in first
    assert 'colours/small' in second and 'Thor (11.0)' in second
    assert total == f'{folder}: 2 engines, 0.20 MB'


def test_list_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flip(engine_file(folder, OTHER))
    assert main(['engines', 'list', '--json']) == 0
    value = json.loads(capsys.readouterr().out)
    assert [one['name'] for one in value['engines']] == ['colours/tiny', 'colours/small']
    assert value['engines'][0]['key']['gpu_name'] == 'Orin'
    assert value['engines'][0]['precision_proven'] == {'fp16': 41, 'fp32': 3}
    assert value['engines'][0]['last_used_at'] > value['engines'][1]['last_used_at']
    assert [one['what'] for one in value['damaged']] == ['colours/small']


def test_an_empty_cache(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    absent = tmp_path / 'absent'
    for action in ('list', 'verify', 'clean'):
        assert main(['engines', action, '--folder', str(absent)]) == 0
        assert capsys.readouterr().out.startswith(f'{absent}: 0')
    assert not absent.exists()


def test_verify(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['engines', 'verify']) == 0
    assert capsys.readouterr().out == f'{folder}: 2 engines, 0.20 MB: all are sound\n'
    flip(engine_file(folder))
    assert main(['engines', 'verify']) == 1
    told = capsys.readouterr().err
    assert_one_sentence(told)
    assert 'colours/tiny' in told and 'does not match its checksum' in told
    flip(engine_file(folder, OTHER), 20)
    assert main(['engines', 'verify']) == 1
    told = capsys.readouterr().err
    assert len(told.splitlines()) == 2 and OTHER.digest in told
    # It changes nothing.
    assert engine_file(folder).exists() and engine_file(folder, OTHER).exists()


@pytest.mark.parametrize(
    ('rule', 'why', 'kept'),
    [
        ([], '', [KEY, OTHER]),
        (['--all'], 'all engines are removed', []),
    ],
)
def test_clean(
    rule: list[str], why: str, kept: list[EngineKey], folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert main(['engines', 'clean', *rule, '--dry-run']) == 0
    announced = capsys.readouterr().out
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert main(['engines', 'clean', *rule]) == 0
    told = capsys.readouterr().out
    assert told == announced.replace('would remove', 'removed').replace('would be freed', 'freed')
    assert why in told and left(folder) == kept
    assert ('colours/small' in told) == (OTHER not in kept)
    assert ('colours/tiny' in told) == (KEY not in kept)
    assert told.splitlines()[-1] == f'{folder}: {0.1 * (2 - len(kept)):.2f} MB freed'
    # Timing caches go with the engines.
    assert len(list(folder.glob('*.timing'))) == len(kept)


def test_clean_always_removes_what_is_of_no_use(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flip(engine_file(folder))
    half = folder / f'.{OTHER.file_name}.a1b2c3d4'
    half.write_bytes(b'half')
    mine = folder / 'notes.txt'
    mine.write_text('mine')
    assert main(['engines', 'clean']) == 0
    told = capsys.readouterr().out
    assert 'colours/tiny' in told and 'damaged' in told and 'killed while it wrote' in told
    assert left(folder) == [OTHER] and not half.exists() and not engine_file(folder).exists()
    assert main(['engines', 'verify']) == 0
    assert main(['engines', 'clean', '--all']) == 0
    assert mine.read_text() == 'mine'
    assert {path.suffix for path in folder.iterdir()} == {'.lock', '.txt'}


@pytest.mark.parametrize(
    'arguments',
    [[], ['burn'], ['clean', '--limit-mb', '1'], ['verify', '--all'], ['verify', '--json']],
)  # fmt: skip
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(['engines', *arguments])
    assert caught.value.code == 2
    assert 'usage:' in capsys.readouterr().err


@pytest.mark.parametrize('action', ['list', 'verify', 'clean'])
def test_an_unsafe_folder_is_one_sentence(
    action: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.chmod(0o777)
    assert main(['engines', action]) == 1
    assert_one_sentence(capsys.readouterr().err)
