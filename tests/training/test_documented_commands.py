# SPDX-License-Identifier: Apache-2.0
"""The pages' commands of `python -m training` exist, with their arguments and settings."""

import subprocess
import sys

import pytest

from tests.docs.command_lines import aliases, judge, judge_mention, parse, split_commands
from tests.docs.pages import Page, all_pages
from tests.support import ROOT
from training.commands.arguments import configured
from training.commands.cli import main

PAGES = all_pages()
ALIASES = aliases('\n'.join(page.shell for page in PAGES))


def test_the_pages_train() -> None:
    commands = [words for page in PAGES for words in split_commands(page.shell)]
    assert sum(judge(words, ALIASES, training=True) for words in commands) > 10


@pytest.mark.parametrize('page', PAGES, ids=lambda page: str(page.path))
def test_commands_that_are_named_exist(page: Page) -> None:
    for span in page.spans:
        judge_mention(span, ALIASES, training=True)


def test_settings_and_recipes_of_commands_exist() -> None:
    spans = [span for page in PAGES for span in page.spans if span.startswith('training ')]
    lines = [page.shell for page in PAGES] + spans
    configurations = 0
    for name, *arguments in split_commands('\n'.join(lines)):
        if name == 'training' and arguments[:1] in (['fit'], ['sweep']):
            options = parse(main, arguments)
            assert options is not None
            configurations += len(configured(options))
    assert configurations > 10


def test_help_needs_neither_tensorflow_nor_opencv() -> None:
    code = (
        'import importlib, sys\n'
        'from training.commands.cli import PROGRAM\n'
        'for command in PROGRAM.commands.values():\n'
        '    importlib.import_module(f"{PROGRAM.package}.{command.module}")\n'
        'heavy = {"cv2", "keras", "matplotlib", "onnxruntime", "rclpy", "ray", "tensorflow"}\n'
        'print(sorted(heavy & set(sys.modules)))'
    )
    assert subprocess.check_output([sys.executable, '-c', code], text=True, cwd=ROOT) == '[]\n'
