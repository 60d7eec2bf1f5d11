# SPDX-License-Identifier: Apache-2.0
"""Shell lines of the pages as commands, judged by the programs' own parsers; nothing is run."""

import argparse
import ast
import contextlib
import importlib
import io
import re
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

from tests.support import ROOT

PACKAGE = 'mobilenet_perception'
# What others have written: their arguments are theirs.
FOREIGN = {'.', 'apt-get', 'apt', 'export', 'pip', 'rosdep', 'colcon', 'docker', 'nvpmodel',
           'jetson_clocks', 'ray', 'tee'}  # fmt: skip
_PYTHONS = {'python', 'python3', '.venv/bin/python', '.venv-training/bin/python'}
_ASSIGNMENT = re.compile(r'[A-Z_]+=')
_PLACEHOLDER = re.compile(r'<(\w+)>')


class UnknownError(Exception):
    """A command that there is not, or an argument that it does not take."""


class _ParsedError(Exception):
    """The parser has seen the arguments: the command itself must not begin."""


def split_commands(shell: str) -> Iterator[list[str]]:
    """Give the words of each command: continued lines are joined, redirections left out."""
    for line in shell.replace('\\\n', ' ').splitlines():
        # A placeholder such as <folder> is no redirection.
        lexer = shlex.shlex(_PLACEHOLDER.sub(r'\1', line), posix=True, punctuation_chars=True)
        lexer.whitespace_split, lexer.commenters = True, '#'
        command: list[str] = []
        words = iter(lexer)
        for word in words:
            if set(word) <= set('<>&') and set(word) & set('<>'):
                if command and command[-1].isdigit():
                    command.pop()
                next(words)
            elif set(word) <= set(';&|'):
                yield command
                command = []
            else:
                command.append(word)
        if command:
            yield command


def aliases(shell: str) -> dict[str, list[str]]:
    """Return the aliases that lines define: name and words."""
    found = {}
    for words in split_commands(shell):
        if words[0] == 'alias':
            name, _, value = words[1].partition('=')
            found[name] = value.split()
    return found


def judge(words: list[str], known: Mapping[str, list[str]], training: bool = False) -> bool:
    """Judge a whole command; False: it is not one of this repository's, or of the other half.

    Args:
        words: the command.
        known: aliases.
        training: judge what needs TensorFlow, and nothing else; else all but that.

    Raises:
        UnknownError: it does not exist, or takes other arguments.
    """
    return _judge(words, known, training, strict=True)


def judge_mention(text: str, known: Mapping[str, list[str]], training: bool = False) -> bool:
    """Judge a command named in a sentence: it may leave out what it needs, but name nothing wrong.

    Raises:
        UnknownError: it does not exist, or has no such argument.
    """
    own = (
        *('make ', 'python ', 'python3 ', '.venv/', '.venv-training/', 'benchmarks/gpu.sh'),
        *(f'ros2 launch {PACKAGE} ', f'ros2 run {PACKAGE} '),
        *(f'{name} ' for name in known),
    )
    if not text.startswith(own):
        return False
    (words,) = split_commands(text)
    return _judge(words, known, training, strict=False)


def _judge(words: list[str], known: Mapping[str, list[str]], training: bool, strict: bool) -> bool:
    words = [*known.get(words[0], words[:1]), *words[1:]]
    while words and (_ASSIGNMENT.match(words[0]) or words[0] == 'sudo'):
        words = words[1:]
    if not words or words[0] == 'alias':
        return False
    program, rest = words[0], words[1:]
    if program in _PYTHONS and rest[:1] == ['-m']:
        return _judge_module(rest[1], rest[2:], training, strict)
    if program == 'benchmarks/gpu.sh':
        return _judge_module('benchmarks.gpu', rest, training, strict)
    if training:
        return False
    if program in _PYTHONS and rest[:1]:
        return _judge_file(rest[0])
    if program == 'make':
        _judge_make(rest)
    elif program == 'ros2':
        return _judge_ros2(rest, strict)
    elif program == 'pytest':
        _judge_pytest(rest)
    elif program not in FOREIGN:
        raise UnknownError(f'{program} is no program that this test knows')
    return program not in FOREIGN


def _judge_module(module: str, arguments: list[str], training: bool, strict: bool) -> bool:
    if module in ('colcon', 'pip', 'venv'):
        return False
    if module == 'pytest':
        if not training:
            _judge_pytest(arguments)
        return not training
    if training is not (module in ('training', 'benchmarks.training_resume')):
        return False
    main = {PACKAGE: f'{PACKAGE}.tools.cli', 'training': 'training.commands.cli'}.get(module)
    if main is None and not (ROOT / f'{module.replace(".", "/")}.py').is_file():
        raise UnknownError(f'there is no module {module}')
    parse(importlib.import_module(main or module).main, arguments, strict)
    return True


def _judge_file(name: str) -> bool:
    if not (ROOT / name).is_file():
        raise UnknownError(f'there is no program {name}')
    return True


def parse(
    main: Callable[[], Any], arguments: list[str], strict: bool = True
) -> argparse.Namespace | None:
    """Let a program parse arguments, and end it before it does anything else.

    Returns:
        What was parsed; None for a mention, or where the program only tells its help.

    Raises:
        UnknownError: it does not take them; with what it says itself.
    """
    original = argparse.ArgumentParser.parse_args
    parsed: list[argparse.Namespace] = []

    def stop(self: argparse.ArgumentParser, args: Any = None, namespace: Any = None) -> Any:
        given = sys.argv[1:] if args is None else list(args)
        if strict:
            parsed.append(original(self, given))
        else:
            _look_up(self, given)
        raise _ParsedError

    said = io.StringIO()
    with (
        mock.patch.object(argparse.ArgumentParser, 'parse_args', stop),
        mock.patch.object(sys, 'argv', ['program', *arguments]),
        contextlib.redirect_stderr(said),
        contextlib.redirect_stdout(io.StringIO()),
    ):
        try:
            main()
        except _ParsedError:
            pass
        except SystemExit as error:
            if error.code:
                raise UnknownError(said.getvalue().strip().splitlines()[-1]) from None
    return parsed[0] if parsed else None


def _look_up(parser: argparse.ArgumentParser, arguments: Iterable[str]) -> None:
    for word in arguments:
        below = next(
            (a for a in parser._actions if isinstance(a, argparse._SubParsersAction)), None
        )
        name = word.partition('=')[0]
        if word.startswith('-') and not word.lstrip('-')[:1].isdigit():
            if name not in parser._option_string_actions:
                raise UnknownError(f'{parser.prog} has no {name}')
        elif below is not None:
            if word not in below.choices:
                raise UnknownError(f'{parser.prog} has no {word}')
            parser = below.choices[word]


def _judge_make(arguments: list[str]) -> None:
    makefile = (ROOT / 'Makefile').read_text(encoding='utf-8')
    scripts = '\n'.join(
        path.read_text(encoding='utf-8') for path in (ROOT / 'scripts').iterdir() if path.is_file()
    )
    for word in arguments:
        name, is_variable, _ = word.partition('=')
        if is_variable and f'$({name})' not in makefile and name not in scripts:
            raise UnknownError(f'neither the Makefile nor the set-up reads {name}')
        if not is_variable and not re.search(rf'^{re.escape(name)}:', makefile, re.M):
            raise UnknownError(f'make has no target {name}')


def _judge_ros2(words: list[str], strict: bool) -> bool:
    verb, *rest = words
    by_path = verb == 'launch' and rest[0].startswith('examples/')
    if rest[:1] != [PACKAGE] and not by_path:
        return False
    name, arguments = (rest[0], rest[1:]) if by_path else (rest[1], rest[2:])
    if verb == 'launch':
        known = launch_arguments(name)
        for word in arguments:
            argument, assigned, _ = word.partition(':=')
            if word != '--show-args' and (not assigned or argument not in known):
                raise UnknownError(f'{name} has no argument {word}')
    elif verb == 'run':
        program = importlib.import_module(f'{PACKAGE}.tools.cli')
        if name in program.PROGRAM.commands:
            parse(program.main, [name, *arguments], strict)
        elif f"'{name} = " not in (ROOT / 'setup.py').read_text(encoding='utf-8'):
            raise UnknownError(f'ros2 run has no {name}')
    return True


def _judge_pytest(arguments: list[str]) -> None:
    """Judge paths of tests, modules of plugins and this package's own options."""
    plugin = (ROOT / PACKAGE / 'tools/replay/testing/plugin.py').read_text(encoding='utf-8')
    before = ''
    for word in arguments:
        if word.startswith('--replay-') and f"'{word.partition('=')[0]}'" not in plugin:
            raise UnknownError(f'the pytest plugin has no {word}')
        module = ROOT / f'{word.replace(".", "/")}.py'
        if before == '-p' and word.startswith(PACKAGE) and not module.is_file():
            raise UnknownError(f'there is no module {word}')
        if word.startswith(('tests/', 'examples/')) and not (ROOT / word).exists():
            raise UnknownError(f'there is no {word}')
        before = word


def launch_arguments(name: str) -> dict[str, str | None]:
    """Return the arguments of a launch file: name and default; None: it is computed, or another's.

    They are read from its tables, since `launch` does not come in wheels.
    """
    path = launch_file(name)
    if not path.is_file():
        raise UnknownError(f'there is no launch file {name}')
    found: dict[str, str | None] = {}
    if name == 'simulate.launch.py':
        # It includes the other one, with all its arguments.
        found |= dict.fromkeys(launch_arguments('classify.launch.py'))
    if name == 'replay.launch.py':
        found['params_file'] = None
    return found | own_launch_arguments(path)


def launch_file(name: str) -> Path:
    """Return a launch file of the package by its name, or one of the examples by its path."""
    return ROOT / (name if '/' in name else f'launch/{name}')


def own_launch_arguments(path: Path) -> dict[str, str | None]:
    """Return the arguments of a launch file's own tables, as `launch_arguments` does."""
    found: dict[str, str | None] = {}
    for node in ast.parse(path.read_text(encoding='utf-8')).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, 'target', None)
        if not isinstance(target, ast.Name) or target.id not in ('ARGUMENTS', 'PASSED_ON'):
            continue
        assert isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Tuple)
        for row in node.value.elts:
            assert isinstance(row, ast.Tuple)
            name, default = (_constant(item) for item in row.elts[:2])
            assert name is not None
            found[name] = default if target.id == 'ARGUMENTS' else None
    return found


def _constant(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
