# SPDX-License-Identifier: Apache-2.0
"""`env`: what is installed and where it runs: send this when something fails."""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mobilenet_perception.tools.doctor.environment.describe import describe_environment


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument(
        '--bundle', type=Path, help='folder of the model bundle (default: the built-in one)'
    )
    parser.add_argument('--json', action='store_true', help='print JSON')


def run(arguments: argparse.Namespace) -> int:
    """Print what is installed, and where it runs."""
    values = describe_environment(arguments.bundle)
    print(json.dumps(values, indent=1) if arguments.json else text(values))
    return 0


def text(values: Mapping[str, Any]) -> str:
    """Return a section of lines for each part; a library of one line is one line."""
    lines = []
    for name, part in values.items():
        if not isinstance(part, Mapping):
            continue
        if list(part) == ['version']:
            lines.append(f'{name}: {part["version"]}')
        else:
            lines.append(f'{name}:')
            lines += [f'  {key}: {_value(value)}' for key, value in part.items()]
    return '\n'.join(lines)


def _value(value: Any) -> str:
    return f'{value:.6g}' if isinstance(value, float) else str(value)
