# SPDX-License-Identifier: Apache-2.0
"""Find the folders and image files of a data set."""

from pathlib import Path

from mobilenet_perception.frames import SUFFIXES
from training.errors import TrainingError


def require_folder(folder: Path, what: str) -> Path:
    """Return the folder.

    Raises:
        TrainingError: there is none.
    """
    if not folder.is_dir():
        raise TrainingError(f'no folder {folder}: give --data a folder that holds {what}')
    return folder


def image_files(folder: Path) -> list[Path]:
    """Return the image files directly in a folder, sorted by name.

    Raises:
        TrainingError: there is none.
    """
    found = images_in(folder)
    if not found:
        raise TrainingError(
            f'{folder} holds no image ({", ".join(sorted(SUFFIXES))}): remove or fill it'
        )
    return found


def images_in(folder: Path) -> list[Path]:
    """Return the image files directly in a folder, sorted by name; hidden files are none."""
    found = (path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    return sorted(path for path in found if not path.name.startswith('.') and path.is_file())


def folders_in(folder: Path) -> list[Path]:
    """Return the folders directly in a folder, sorted; those that tools leave behind are none."""
    found = (path for path in folder.iterdir() if path.is_dir())
    return sorted(path for path in found if not path.name.startswith(('.', '__')))
