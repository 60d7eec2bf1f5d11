# SPDX-License-Identifier: Apache-2.0
"""Take out what is nobody's business before a person sends it."""

import os
import re
from pathlib import Path
from typing import Any

# Users' folders: of this user and of others, and disks named after them.
_FOLDERS = re.compile(r'(/(?:home|Users|run/media|media))/[^/\s:\'",]+')


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
