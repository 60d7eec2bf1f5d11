# SPDX-License-Identifier: Apache-2.0
"""A description of the environment: all that `env` tells, as JSON values, without names."""

import json
import os
import platform
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mobilenet_perception import __version__
from mobilenet_perception.ros.environment import ros_distribution
from mobilenet_perception.system.files import PACKAGE_FOLDER, share_folder
from mobilenet_perception.system.machine import Sensors, read_identity
from mobilenet_perception.tools.doctor.environment import probe

SCHEMA = 'mobilenet_perception.env'
SCHEMA_VERSION = 1
# The only environment variables whose values are told ...
_TOLD = (
    'ROS_DISTRO',
    'ROS_DOMAIN_ID',
    'RMW_IMPLEMENTATION',
    'ROS_AUTOMATIC_DISCOVERY_RANGE',
    'ROS_LOCALHOST_ONLY',
    'MOBILENET_PERCEPTION_EXECUTOR',
)
# ... and those of which it is told that they are set: they may hold addresses.
_NAMED = (
    'CYCLONEDDS_URI',
    'FASTDDS_DEFAULT_PROFILES_FILE',
    'FASTRTPS_DEFAULT_PROFILES_FILE',
    'ROS_DISCOVERY_SERVER',
    'ROS_STATIC_PEERS',
)
# Users' folders: of this user and of others, and disks named after them.
_FOLDERS = re.compile(r'(/(?:home|Users|run/media|media))/[^/\s:\'",]+')


def describe_environment(bundle: Path | None = None) -> dict[str, Any]:
    """Return what is installed, and where it runs.

    No user, no host, no address and no environment variable but a few of ROS are in it. What
    cannot be found out is said in its place: this does not raise.

    Args:
        bundle: folder of the model bundle; None: the default one.
    """
    libraries = probe.look_at_libraries()
    ros = {name: libraries.pop(name) for name in ('rclpy', 'vision_msgs')}
    values: dict[str, Any] = {
        'schema': SCHEMA,
        'schema_version': SCHEMA_VERSION,
        'package': {
            'version': __version__,
            'from': str(PACKAGE_FOLDER),
            **_told(lambda: _bundle(bundle), 'bundle'),
        },
        'python': {
            'version': platform.python_version(),
            'virtual_environment': 'yes' if sys.prefix != sys.base_prefix else 'no',
        },
        **libraries,
        'cuda': probe.look('cuda'),
        'ros': {**_told(_distribution, 'distribution'), **ros['rclpy'], **_variables(os.environ)},
        'vision_msgs': ros['vision_msgs'],
        'machine': _told(_machine, 'machine'),
    }
    found: dict[str, Any] = without_names(values)
    return found


def without_names(value: Any) -> Any:
    """Return values with home folders as `~`, so that no text in them names a user.

    Args:
        value: of JSON.
    """
    if isinstance(value, dict):
        return {key: without_names(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_names(item) for item in value]
    return _without_names(value) if isinstance(value, str) else value


def _told(read: Callable[[], Mapping[str, Any]], name: str) -> Mapping[str, Any]:
    """Return what a reader says, or why it could not."""
    try:
        return read()
    except Exception as error:  # this report is for when things are broken
        return {name: f'cannot be told: {type(error).__name__}: {error}'}


def _bundle(folder: Path | None) -> dict[str, str]:
    folder = folder or share_folder() / 'bundles' / 'street_signals'
    manifest = json.loads((folder / 'bundle.json').read_bytes())
    # Only what it says of itself: verifying it needs libraries. That is for `check`.
    return {'bundle': str(manifest['name']), 'bundle_digest': str(manifest['digest'])}


def _distribution() -> dict[str, str]:
    return {'distribution': ros_distribution() or probe.NOT_INSTALLED}


def _variables(environment: Mapping[str, str]) -> dict[str, str]:
    told = {name: environment[name] for name in _TOLD if environment.get(name)}
    return told | {name: 'set' for name in _NAMED if environment.get(name)}


def _machine() -> dict[str, Any]:
    identity = read_identity()._asdict()
    known = {name: value for name, value in identity.items() if value}
    return {
        **known,
        'architecture': platform.machine(),
        'kernel': platform.release(),
        'cores': len(os.sched_getaffinity(0)),
        'container': 'yes' if Path('/.dockerenv').exists() else 'not known',
        **Sensors().read().values(),
    }


def _without_names(text: str) -> str:
    for home in {os.path.expanduser('~'), str(_resolved_home())}:  # noqa: PTH111 (cannot raise)
        if home.strip('/~'):
            text = re.sub(rf'{re.escape(home)}(?=/|\W|\Z)', '~', text)
    return _FOLDERS.sub(r'\1/~', text)


def _resolved_home() -> Path:
    try:
        return Path.home().resolve()
    except (OSError, RuntimeError):
        return Path()
