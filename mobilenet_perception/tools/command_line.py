# SPDX-License-Identifier: Apache-2.0
"""A command line of several commands: which one runs, and what its errors become."""

import argparse
import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.ros.interrupts import INTERRUPTED


class Command(NamedTuple):
    """One command.

    Attributes:
        module: below the package of commands; has `add_arguments(parser)` and
            `run(arguments) -> int`, and is imported only when the command is asked for. Empty:
            the command is one of its actions. With both, it runs unless the next word is one.
        summary: what it does, in a phrase.
        actions: by name, as of `bag`: `bag write`, `bag info`.
    """

    module: str
    summary: str
    actions: Mapping[str, 'Command'] = {}


class CommandLine(NamedTuple):
    """What a program is called and which commands it has.

    Attributes:
        prog: how it is started.
        description: what it does, a sentence.
        package: where its commands are.
        commands: by name.
        interrupted: what is said after Ctrl-C.
        version: what `--version` prints; empty: no such flag.
    """

    prog: str
    description: str
    package: str
    commands: Mapping[str, Command]
    interrupted: str = 'interrupted'
    version: str = ''


def run_command_line(program: CommandLine, arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Returns:
        Exit status: 0; 1 for an error, told in one sentence on stderr; 2 for wrong usage; 130
        when interrupted.
    """
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    parser = argparse.ArgumentParser(prog=program.prog, description=program.description)
    if program.version:
        parser.add_argument('-V', '--version', action='version', version=program.version)
    _add_commands(parser, program.package, program.commands, arguments, 'COMMAND')
    parsed = parser.parse_args(arguments)
    try:
        status = int(parsed.run(parsed))
        sys.stdout.flush()
    except PerceptionError as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(program.interrupted, file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (`head`, a pager) has gone; Python must not complain when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        what = f'{error.filename}: ' if error.filename else ''
        print(f'error: {what}{error.strerror or error}', file=sys.stderr)
        return 1
    return status


def _add_commands(
    parser: argparse.ArgumentParser,
    package: str,
    commands: Mapping[str, Command],
    words: Sequence[str],
    called: str,
) -> None:
    """Add commands to a parser; only the one that the first word names is imported."""
    parsers = parser.add_subparsers(dest=called.lower(), metavar=called, required=True)
    for name, (module_name, summary, actions) in commands.items():
        description = f'{summary[0].upper()}{summary[1:]}.'
        command = parsers.add_parser(name, help=summary, description=description)
        if name not in words[:1]:
            continue
        if actions and (not module_name or words[1:2] in [[action] for action in actions]):
            _add_commands(command, package, actions, words[1:], 'ACTION')
        else:
            module = importlib.import_module(f'{package}.{module_name}')
            module.add_arguments(command)
            command.set_defaults(run=module.run)
