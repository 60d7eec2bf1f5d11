# SPDX-License-Identifier: Apache-2.0
"""Read image files of a data set, with progress and one clear sentence for what is wrong."""

from collections.abc import Iterable
from pathlib import Path

import cv2

from training.data.sample import Pixels
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


def read_rgb(path: Path) -> Pixels:
    """Return an image as (height, width, 3) uint8 RGB.

    Raises:
        TrainingError: the file is not a readable image.
    """
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if pixels is None:
        raise TrainingError(f'{path} is not a readable image: mend or remove it')
    rgb: Pixels = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)  # type: ignore[assignment]
    return rgb
