# SPDX-License-Identifier: Apache-2.0
"""Every command of the pages and the examples is one that there is; the quick ones are run."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mobilenet_perception.inference.bundle import load_bundle
from tests.docs.command_lines import UnknownError, aliases, judge, judge_mention, split_commands
from tests.docs.pages import Page, all_pages, example_commands
from tests.support import ROOT

pytest.importorskip('rclpy', reason='benchmarks import rclpy: ROS 2 or its wheels')

PAGES = all_pages()
ALIASES = aliases('\n'.join(page.shell for page in PAGES))
EXAMPLES = sorted(path.name for path in (ROOT / 'examples').glob('*.py'))


@pytest.mark.parametrize('page', PAGES, ids=lambda page: str(page.path))
def test_commands_exist_with_their_arguments(page: Page) -> None:
    for words in split_commands(page.shell):
        judge(words, ALIASES)
    for span in page.spans:
        judge_mention(span, ALIASES)


@pytest.mark.parametrize('name', EXAMPLES)
def test_commands_of_examples_exist(name: str) -> None:
    commands = example_commands(name)
    assert commands
    for words in split_commands('\n'.join(commands)):
        judge(words, {})


@pytest.mark.parametrize(
    ('command', 'says'),
    [
        ('python -m mobilenet_perception bag drive examples/street', 'drive'),
        ('python -m mobilenet_perception replay drive/ --speed 2', '--speed'),
        ('python -m mobilenet_perception replay', 'BAG'),
        ('python -m benchmarks.overload --secs 3', '--secs'),
        ('python -m benchmarks.magic', 'benchmarks.magic'),
        ('ros2 run mobilenet_perception fly', 'fly'),
        ('ros2 run mobilenet_perception doctor --bags x', '--bags'),
        ('ros2 launch mobilenet_perception classify.launch.py budget:=5', 'budget'),
        ('ros2 launch mobilenet_perception fly.launch.py', 'fly.launch.py'),
        ('make fly', 'fly'),
        ('make demo SPEED=2', 'SPEED'),
        ('pytest tests/fly', 'tests/fly'),
        ('pytest --replay-speed 2', '--replay-speed'),
        ('fly', 'fly'),
    ],
)
def test_what_there_is_not_is_noticed(command: str, says: str) -> None:
    with pytest.raises(UnknownError, match=says):
        judge(next(split_commands(command)), ALIASES)


@pytest.mark.parametrize(
    'command',
    ['python -m mobilenet_perception bag drive', 'python -m mobilenet_perception replay --speed'],
)
def test_a_mention_of_what_there_is_not_is_noticed(command: str) -> None:
    with pytest.raises(UnknownError):
        judge_mention(command, ALIASES)
    assert judge_mention('python -m mobilenet_perception replay --paced', ALIASES)


def test_the_shell_is_read_as_a_shell_does() -> None:
    shell = (
        "A=1 make demo  # comment\nfit <data> \\\n  -o 'a b' > log.txt 2>&1 | tee x && make test"
    )
    assert list(split_commands(shell)) == [
        ['A=1', 'make', 'demo'],
        ['fit', 'data', '-o', 'a b'],
        ['tee', 'x'],
        ['make', 'test'],
    ]


@pytest.fixture
def folder(default_bundle: Path, tmp_path: Path) -> Path:
    """Where the commands of the pages find what they name."""
    golden = load_bundle(default_bundle).manifest.golden[0].file
    shutil.copy(default_bundle / golden, tmp_path / 'sign.png')
    return tmp_path


@pytest.mark.parametrize(
    ('page', 'command'),
    [
        ('docs/tools.md', 'python -m mobilenet_perception classify sign.png --json'),
        ('docs/tools.md', 'python -m mobilenet_perception engines list'),
        ('CONTRIBUTING.md', 'make help'),
    ],
)
def test_quick_commands_run(page: str, command: str, folder: Path) -> None:
    (shell,) = (found.shell for found in PAGES if str(found.path) == page)
    words = command.split()
    assert words in list(split_commands(shell))
    environment = os.environ | {
        'PYTHONPATH': os.pathsep.join([str(ROOT), *filter(None, [os.environ.get('PYTHONPATH')])]),
        'MOBILENET_PERCEPTION_ENGINES': str(folder / 'engines'),
    }
    is_make = words[0] == 'make'
    done = subprocess.run(
        words if is_make else [sys.executable, *words[1:]],
        cwd=ROOT if is_make else folder, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    if '--json' in words:
        assert json.loads(done.stdout)['top'][0]['label'] == 'traffic_light_red'
    if is_make:
        assert 'make demo' in done.stdout and 'make test' in done.stdout
