# SPDX-License-Identifier: Apache-2.0
"""`replay` as a test: golden files, JUnit, several bags, a baseline."""

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest

from mobilenet_perception.tools.cli import main
from tests.support.colours import assert_one_sentence
from tests.support.tiny_bundle import write_tiny_bundle

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def bags(labelled_bag: Path, tmp_path: Path) -> Path:
    """A folder of three bags, of which one is damaged."""
    folder = tmp_path / 'bags'
    for name in ('first', 'second'):
        shutil.copytree(labelled_bag, folder / name)
    (folder / 'third.mcap').write_bytes((labelled_bag / 'colours.mcap').read_bytes()[:3000])
    return folder


def test_a_golden_file_is_written_met_and_missed(
    tiny: Path, labelled_bag: Path, tmp_path: Path, capsys: Capture
) -> None:
    golden, junit = tmp_path / 'street.golden.json', tmp_path / 'junit.xml'
    command = ['replay', str(labelled_bag), '--bundle', str(tiny), '--expect', str(golden)]
    assert main(command) == 1
    said = capsys.readouterr().err
    assert_one_sentence(said)
    assert '--update' in said
    assert main([*command, '--update']) == 0
    assert main([*command, '--junit', str(junit)]) == 0
    assert ElementTree.parse(junit).getroot().get('failures') == '0'
    capsys.readouterr()
    assert main([*command, '--junit', str(junit), '--fault', 'skip=5']) == 1
    said = capsys.readouterr().err
    assert 'first wrong: frame 5 of 15, at 0.200 s' in said
    assert 'cause: every 5th frame is missing (3 of 15)' in said
    root = ElementTree.parse(junit).getroot()
    assert (root.get('tests'), root.get('failures')) == ('1', '1')
    assert 'every 5th frame' in (root[0][0][0].text or '')


def test_ten_fast_replays_meet_one_golden_file(
    tiny: Path, labelled_bag: Path, tmp_path: Path
) -> None:
    golden = tmp_path / 'golden.json'
    command = ['replay', str(labelled_bag), '--bundle', str(tiny), '--expect', str(golden)]
    assert main([*command, '--update']) == 0
    assert [main(command) for _ in range(10)] == [0] * 10


def test_a_bag_that_cannot_be_played_is_an_error_in_junit(
    tiny: Path, tmp_path: Path, capsys: Capture
) -> None:
    junit = tmp_path / 'junit.xml'
    command = ['replay', str(tmp_path / 'absent'), '--bundle', str(tiny), '--junit', str(junit)]
    assert main(command) == 1
    assert_one_sentence(capsys.readouterr().err)
    assert ElementTree.parse(junit).getroot().get('errors') == '1'


def test_one_bad_bag_stops_no_other(
    tiny: Path, bags: Path, tmp_path: Path, capsys: Capture
) -> None:
    out, junit, golden = tmp_path / 'all.json', tmp_path / 'junit.xml', tmp_path / 'golden'
    command = ['replay', str(bags), '--bundle', str(tiny), '--expect', str(golden)]
    assert main([*command, '--update', '--json', str(out)]) == 1
    values = json.loads(out.read_text())
    assert len(values['reports']) == 2 and list(values['errors']) == [str(bags / 'third.mcap')]
    assert sorted(path.name for path in golden.iterdir()) == [
        'first.golden.json', 'second.golden.json',
    ]  # fmt: skip
    said = capsys.readouterr()
    assert said.err.count('error: ') == 1 and 'third.mcap is damaged' in said.err
    assert [line.split()[0] for line in said.out.splitlines() if ' s  ' in line] == [
        'passed', 'passed', 'error',
    ]  # fmt: skip
    shutil.rmtree(bags / 'third.mcap', ignore_errors=True)
    (bags / 'third.mcap').unlink()
    assert main([*command, '--junit', str(junit)]) == 0
    assert ElementTree.parse(junit).getroot().get('tests') == '2'


def test_two_bundles_are_compared(
    tiny: Path, labelled_bag: Path, tmp_path: Path, capsys: Capture
) -> None:
    swapped = write_tiny_bundle(tmp_path / 'swapped', labels=('green', 'red', 'blue')).folder
    command = ['replay', str(labelled_bag), '--bundle', str(swapped), '--baseline', str(tiny)]
    assert main(command) == 0
    said = capsys.readouterr().out
    row = next(line for line in said.splitlines() if line.startswith('colours  '))
    assert row.split()[1:3] == ['15', '10'] and '15 > 5 of 15' in row
    assert main([*command, '--fail-if-worse']) == 1
    assert 'error: worse than' in capsys.readouterr().err


def test_two_versions_are_compared_by_their_reports(
    tiny: Path, bags: Path, labelled_bag: Path, tmp_path: Path, capsys: Capture
) -> None:
    (bags / 'third.mcap').unlink()
    old = tmp_path / 'old.json'
    command = ['replay', str(bags), '--bundle', str(tiny)]
    assert main([*command, '--json', str(old)]) == 0
    capsys.readouterr()
    assert main([*command, '--baseline', str(old), '--fail-if-worse']) == 0
    said = capsys.readouterr().out
    assert [line.split()[0] for line in said.splitlines()[-3:]] == ['first', 'second', 'in']
    # The bags may lie elsewhere; one that only one side has is named.
    shutil.move(bags / 'second', bags / 'renamed')
    bags.rename(tmp_path / 'moved')
    assert main(['replay', str(tmp_path / 'moved'), *command[2:], '--baseline', str(old)]) == 0
    said = capsys.readouterr().out
    assert 'only in the baseline: second' in said and 'not in the baseline: renamed' in said
    assert main(['replay', str(labelled_bag), *command[2:], '--baseline', str(old)]) == 1
    assert 'has none of these bags: it has first, second' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('more', 'says'),
    [
        (['--update'], 'add --expect FILE'),
        (['--fail-if-worse'], 'add --baseline'),
        (['--reliable'], 'add --ros'),
        (['--baseline', '{tiny}', '--html', 'x.html'], '--html is for one bag'),
        (['--address', 'local', '--ros'], 'use --fast or --paced'),
        (['--fault', 'stall', '--ros'], 'use --paced'),
        (['--baseline', '{bag}/labels.json'], 'no report of a replay'),
        (['--baseline', '{bag}/absent.json'], 'absent.json'),
        (['--baseline', '{bag}/colours.mcap'], 'is not JSON'),
    ],
)
def test_what_does_not_go_together_is_one_sentence(
    more: list[str], says: str, tiny: Path, labelled_bag: Path, capsys: Capture
) -> None:
    given = [item.format(tiny=tiny, bag=labelled_bag) for item in more]
    assert main(['replay', str(labelled_bag), '--bundle', str(tiny), *given]) == 1
    said = capsys.readouterr().err
    assert_one_sentence(said)
    assert says in said
