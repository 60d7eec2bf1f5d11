# SPDX-License-Identifier: Apache-2.0
"""The bags below a folder."""

from pathlib import Path

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.recordings.storage import METADATA, SUFFIXES, find_files, is_bag


def find_bags(path: Path) -> list[Path]:
    """Return the bags in a folder and its subfolders, in the order of their names.

    What is no folder of bags, such as a bag, a video or a folder of images, is returned as it is.
    """
    return (_below(path) if path.is_dir() else []) or [path]


def _below(folder: Path) -> list[Path]:
    if (folder / METADATA).is_file():
        return [folder]
    children = sorted(path for path in folder.iterdir() if not path.name.startswith('.'))
    deeper = {child: _below(child) for child in children if child.is_dir()}
    if not any(deeper.values()) and _is_one_recording(folder):
        return [folder]
    found = []
    for child in children:
        found += [child] if child.name.endswith(SUFFIXES) else deeper.get(child, [])
    return found


def _is_one_recording(folder: Path) -> bool:
    """Say whether storage files without metadata are the parts of one recording."""
    try:
        return is_bag(folder) and bool(find_files(folder))
    except PerceptionError:
        return False
