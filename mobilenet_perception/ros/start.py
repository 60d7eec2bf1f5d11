# SPDX-License-Identifier: Apache-2.0
"""`rclpy.init`, and one sentence where it fails: what is wrong, and what to do.

rcl names lines of its own sources in place of a cure. No ROS is imported before it is started.
"""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mobilenet_perception.errors import PerceptionError

_HIGHEST_DOMAIN = 232
# Where in rcl's sources.
_PLACE = re.compile(r',? at /\S+:\d+')
_CLASS = re.compile(r'^[.\w]+: ')
_LINE = re.compile(r'line(?:_num)? (\d+)')
_FILE = re.compile(r"params file: '--params-file (.*?)'\. Error: (.*)", re.DOTALL)
_MIXED = 'Sequence should be of same type'
_ONE_TYPE = (
    'the values of a list must be of one type, all with a decimal point, as [1.0, 2.0], or none, '
    'as [1, 2]'
)
# Where logs go by the first that is set.
_LOG_VARIABLES = ('ROS_LOG_DIR', 'ROS_HOME', 'HOME')
_NO_LOGS = (
    'ROS 2 has no folder for its logs, since neither HOME nor ROS_LOG_DIR is set: set one of '
    'them, in a systemd unit by Environment=ROS_LOG_DIR=/var/log/ros'
)
_LOGS = 'let ROS_LOG_DIR name a folder that this user may write to'


class _Cause(NamedTuple):
    """A failure: how it is known, and what is said of it, with the groups of what was found."""

    pattern: str
    sentence: str


_CAUSES = (
    _Cause('Failed to get logging directory', _NO_LOGS),
    _Cause(
        r"Failed to create log directory '?([^':]*)",
        f'ROS 2 cannot make the folder {{0}} for its logs: {_LOGS}',
    ),
    _Cause(
        r'Failed opening file (\S+)/[^/\s]+ for writing: (.*)',
        f'ROS 2 cannot write its logs into {{0}} ({{1}}): {_LOGS}',
    ),
    _Cause(
        r"log level: '--log-level (.*?)'",
        '{0} is no log level: choose debug, info, warn, error or fatal, or <logger>:=<level>',
    ),
    _Cause(
        rf"parameter override rule: '-p (.*?)'\. Error: {_MIXED}",
        f'the parameter {{0}} cannot be read: {_ONE_TYPE}',
    ),
    _Cause(
        r"parameter override rule: '-p (.*?)'\. Error",
        'the parameter {0} cannot be read: write -p <name>:=<value>, the value as in YAML',
    ),
    _Cause(
        r"remap rule: '-r (.*?)'\. Error",
        'the remapping {0} cannot be read: write -r <from>:=<to>, both names of letters, digits, '
        'underscores and slashes, no part beginning with a digit',
    ),
    _Cause(
        r'UnknownROSArgsError: (.*)',
        'ROS 2 does not know the arguments {0}: leave them out, or put them before --ros-args',
    ),
    _Cause(
        r'RMW implementation',
        'the ROS middleware that was asked for is not installed: unset RMW_IMPLEMENTATION, or '
        'install what it names',
    ),
)


def start_ros(arguments: Sequence[str] | None = None, **options: Any) -> None:
    """Call `rclpy.init`.

    Args:
        arguments: of the command line; None: those of this process.
        options: further ones of `rclpy.init`.

    Raises:
        PerceptionError: ROS does not start here, or not with these arguments.
    """
    import rclpy  # noqa: PLC0415 (the sentences are for those without ROS too)

    # rclpy would end the process within Fast DDS, or tell its own story first.
    read_domain(os.environ)
    if not any(os.environ.get(name) for name in _LOG_VARIABLES):
        raise PerceptionError(_NO_LOGS)
    try:
        rclpy.init(args=arguments, **options)
    except (RuntimeError, OSError) as error:
        raise PerceptionError(start_failure(f'{type(error).__name__}: {error}')) from None


def read_domain(environment: Mapping[str, str]) -> int:
    """Return ROS_DOMAIN_ID; 0 where it is not set.

    Raises:
        PerceptionError: it is no domain.
    """
    domain = environment.get('ROS_DOMAIN_ID') or '0'
    if not domain.isdecimal() or int(domain) > _HIGHEST_DOMAIN:
        raise PerceptionError(
            f'ROS_DOMAIN_ID is {domain}: choose a number from 0 to {_HIGHEST_DOMAIN}'
        )
    return int(domain)


def start_failure(said: str) -> str:
    """Return in one sentence why ROS did not start.

    Args:
        said: by rclpy: its error, after the name of its class.

    Returns:
        What is wrong, a colon, and what to do; without them where the cause is not known.
    """
    # Without the name of the error's class.
    text = _CLASS.sub('', _plain(said), count=1)
    return known_cause(said) or f'ROS 2 does not start ({text})'


def known_cause(said: str) -> str:
    """Return what `start_failure` does of a cause that is known; empty of another."""
    text = _plain(said)
    if found := _FILE.search(text):
        return _file_trouble(found[1], found[2])
    for pattern, sentence in _CAUSES:
        if found := re.search(pattern, text):
            return sentence.format(*found.groups())
    return ''


def _plain(said: str) -> str:
    return ' '.join(_PLACE.sub('', said).split())


def _file_trouble(path: str, reason: str) -> str:
    """Say what is wrong with a parameter file, and with which of its lines."""
    if 'opening' in reason:
        return f'the parameter file {path} cannot be opened: give the path of one'
    line = _LINE.search(reason)
    where = f', line {line[1]}{_quoted(path, int(line[1]))}' if line else ''
    if _MIXED in reason:
        return f'the parameter file {path} cannot be read{where}: {_ONE_TYPE}'
    return f'the parameter file {path} cannot be read{where} ({reason}): mend its YAML there'


def _quoted(path: str, number: int) -> str:
    try:
        line = Path(path).read_text(encoding='utf-8').splitlines()[number - 1]
    except (OSError, ValueError, IndexError):
        return ''
    return f' `{line.strip()}`' if number and line.strip() else ''
