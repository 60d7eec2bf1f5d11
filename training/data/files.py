# SPDX-License-Identifier: Apache-2.0
"""Find the folders and image files of a data set."""

from collections.abc import Iterable
from pathlib import Path

from training.errors import TrainingError


def require_folder(folder: Path, what: str) -> Path:
    """Return the folder.

    Raises:
        TrainingError: there is none.
    """
    if not folder.is_dir():
        raise TrainingError(f'no folder {folder}: give --data a folder that holds {what}')
    return folder


def image_files(folder: Path, suffixes: Iterable[str] = ('.png', '.jpg', '.jpeg')) -> list[Path]:
    """Return the image files directly in a folder, sorted by name.

    Raises:
        TrainingError: there is none.
    """
    wanted = tuple(suffixes)
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in wanted)
    if not found:
        raise TrainingError(f'{folder} holds no image ({", ".join(wanted)}): remove or fill it')
    return found
