# SPDX-License-Identifier: Apache-2.0
"""Commands as a person runs them: a process, its output and its exit status."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mobilenet_perception.tools.cli import PROGRAM, main
from tests.support import ROOT
from tests.support.colours import FRAMES, PER_LABEL, assert_one_sentence, command
from tests.support.tiny_bundle import LABELS


def test_help_names_every_command_in_one_line_and_is_quick_to_import() -> None:
    done = command('--help')
    assert done.returncode == 0
    for name in PROGRAM.commands:
        assert f'    {name} ' in done.stdout
    code = 'import sys; from mobilenet_perception.tools import cli; print("cv2" in sys.modules)'
    root = ROOT
    loaded = subprocess.check_output([sys.executable, '-c', code], text=True, cwd=root)
    assert loaded.strip() == 'False'


@pytest.mark.parametrize(
    'names',
    [
        *([name] for name in PROGRAM.commands),
        *([one, name] for one in ('bag', 'bundle') for name in PROGRAM.commands[one].actions),
    ],
)
def test_help_of_each_command(names: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([*names, '--help'])
    assert caught.value.code == 0
    assert 'usage:' in capsys.readouterr().out


def test_help_needs_neither_ros_nor_what_draws() -> None:
    code = (
        'import importlib, sys\n'
        'from mobilenet_perception.tools.cli import PROGRAM\n'
        'for one in PROGRAM.commands.values():\n'
        '    for command in one.actions.values() or (one,):\n'
        '        importlib.import_module(f"{PROGRAM.package}.{command.module}")\n'
        'print(sorted({"rclpy", "rich", "PIL", "ray"} & set(sys.modules)))'
    )
    assert subprocess.check_output([sys.executable, '-c', code], text=True, cwd=ROOT) == '[]\n'


@pytest.mark.parametrize(
    'arguments',
    [
        [], ['fly'], ['classify'], ['replay'], ['bag', 'drive', 'x'], ['bag', 'write', 'drive'],
        ['replay', 'x', '--rate', '0'], ['replay', 'x', '--roi', '1,2,3'],
        ['replay', 'x', '--fast', '--paced'], ['replay', 'x', '--min-accuracy', '95'],
        ['classify', 'x', '--top-k', '0'], ['demo', '--latency-budget-ms', 'nan'],
    ],
)  # fmt: skip
def test_wrong_usage_is_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert 'usage:' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        (['check', '{empty}'], 'not a model bundle'),
        (['build', '{empty}'], 'not a model bundle'),
        (['build', '{tiny}', '--precision', 'int4'], 'no variant in int4: it has fp32'),
        (['build', '{tiny}', '--device', '-1'], 'device must lie between 0 and 63'),
        (['classify', 'absent.png', '--bundle', '{empty}'], 'not a model bundle'),
        (['classify', 'a.png', '--bundle', '{tiny}', '--runtime', 'abacus'], 'abacus'),
        (['classify', 'a.png', '--bundle', '{tiny}', '--variant', 'huge'], 'huge'),
        (['replay', '{empty}/absent', '--bundle', '{tiny}'], 'does not exist'),
        (['replay', '{empty}', '--bundle', '{tiny}'], 'no recording'),
        (['replay', '{bag}', '--bundle', '{tiny}', '--topic', '/x'], 'no camera topic /x'),
        (['replay', '{bag}', '--bundle', '{tiny}', '--labels', '{tiny}/bundle.json'],
         'not a labels file'),
        (['replay', '{bag}', '--bundle', '{tiny}', '--json', '/proc/x/y.json'], '/proc'),
        (['bag', 'write', '{empty}/film.mp4', '{empty}/out'], 'does not exist'),
        (['bag', 'write', '{bag}', '{bag}'], 'exists already'),
        (['demo', '{empty}/absent', '--bundle', '{tiny}', '--out', '{empty}'], 'does not exist'),
    ],
)  # fmt: skip
def test_errors_are_one_sentence(
    arguments: list[str], said: str, tiny: Path, labelled_bag: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    given = [item.format(empty=tmp_path, tiny=tiny, bag=labelled_bag) for item in arguments]
    assert main(given) == 1
    told = capsys.readouterr().err
    assert_one_sentence(told)
    assert said in told


def test_error_of_a_process_is_one_sentence(tmp_path: Path) -> None:
    done = command('check', tmp_path)
    assert done.returncode == 1 and not done.stdout
    assert_one_sentence(done.stderr)


def test_check_prints_the_table(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['check', str(tiny)]) == 0
    told = capsys.readouterr().out
    for expected in ('is sound', 'red, green, blue', '100.00%', '8x8', ' ms', 'MACs'):
        assert expected in told


def test_check_refuses_a_changed_byte(
    tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / 'copy'
    shutil.copytree(tiny, copy)
    model = copy / 'tiny.onnx'
    model.write_bytes(model.read_bytes()[:-1] + b'?')
    assert main(['check', str(copy)]) == 1
    assert_one_sentence(capsys.readouterr().err)


def test_classify_files_folders_and_globs(
    tiny: Path, colours: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [colours / 'red' / '0.png', colours / 'green', f'{colours}/blue/[01].png']
    assert main(['classify', *map(str, names), '--bundle', str(tiny), '--json']) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(found) == 1 + PER_LABEL + 2
    for item in found:
        assert item['top'][0]['label'] == Path(item['file']).parent.name
        assert len(item['top']) == 3
        assert sum(scored['score'] for scored in item['top']) == pytest.approx(1.0, abs=1e-5)


def test_bad_images_do_not_stop_the_others(
    tiny: Path, colours: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / 'bad.png'
    bad.write_bytes(b'no image')
    names = [bad, tmp_path / 'absent.png', tmp_path / 'no*match', colours / 'blue' / '0.png']
    assert main(['classify', *map(str, names), '--bundle', str(tiny), '--top-k', '1']) == 1
    told = capsys.readouterr()
    assert told.out.strip() == f'{colours}/blue/0.png: blue 1.000' or ': blue 0.99' in told.out
    assert len(told.err.splitlines()) == 3
    assert all(line.startswith('error: ') for line in told.err.splitlines())


def test_bag_then_replay(
    tiny: Path, colours: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bag, out = tmp_path / 'bag', tmp_path / 'report.json'
    assert main(['bag', 'write', str(colours), str(bag), '--rate', '20', '--transport',
                 'compressed', '--topic', '/front/image_raw/compressed']) == 0  # fmt: skip
    html = tmp_path / 'deep' / 'report.html'
    assert main(['replay', str(bag), '--bundle', str(tiny), '--json', str(out), '--html',
                 str(html), '--min-accuracy', '1', '--min-on-time', '1']) == 0  # fmt: skip
    values = json.loads(out.read_text())
    assert values['cameras']['front']['received'] == values['received'] == FRAMES
    assert values['accuracy'] == 1.0
    assert html.read_text().startswith('<!DOCTYPE html>')
    assert 'right on 15 of 15 (100.0%)' in capsys.readouterr().out


def test_replay_fails_a_build_that_lost_accuracy(
    tiny: Path, labelled_bag: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = json.loads((labelled_bag / 'labels.json').read_text())
    for frame in labels['cameras']['camera'][:3]:
        frame['truth'] = LABELS[0] if frame['truth'] != LABELS[0] else LABELS[1]
    wrong = tmp_path / 'labels.json'
    wrong.write_text(json.dumps(labels))
    arguments = ['replay', str(labelled_bag), '--bundle', str(tiny), '--labels', str(wrong)]
    assert main([*arguments, '--min-accuracy', '0.8']) == 0
    assert main([*arguments, '--min-accuracy', '0.81']) == 1
    assert 'accuracy is 0.8000, below the 0.81' in capsys.readouterr().err


def test_replay_without_labels_cannot_promise_accuracy(
    tiny: Path, labelled_bag: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = tmp_path / 'alone.mcap'
    shutil.copy(labelled_bag / 'colours.mcap', alone)
    assert main(['replay', str(alone), '--bundle', str(tiny), '--min-accuracy', '0.5']) == 1
    assert 'needs labels' in capsys.readouterr().err


def test_output_into_a_closed_pipe_is_quiet(tiny: Path, colours: Path) -> None:
    classify = [sys.executable, '-m', 'mobilenet_perception', 'classify', str(colours)]
    process = subprocess.Popen(
        [*classify, *([str(colours)] * 200), '--bundle', str(tiny)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    told = process.stderr.read()
    process.stderr.close()
    process.wait(60)
    assert told == b''


def test_interrupted_bag_leaves_nothing(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [
            sys.executable,
            '-m',
            'mobilenet_perception',
            'bag',
            'write',
            'drive',
            str(tmp_path / 'bag'),
        ],
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    end = time.monotonic() + 60
    # It writes beside the bag under another name.
    while not any(tmp_path.glob('.bag.*/bag/*')) and time.monotonic() < end:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert (process.returncode, told) == (130, 'interrupted\n')
    assert not list(tmp_path.iterdir())
