# SPDX-License-Identifier: Apache-2.0
"""A folder of images, in the natural order of their names, as the frames of a camera."""

import re
from collections.abc import Iterator
from pathlib import Path

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames import SUFFIXES, decode_file
from mobilenet_perception.frames.messages import image_message
from mobilenet_perception.recordings.frame import EPOCH_NS, SourceFrame


def list_images(folder: Path) -> list[Path]:
    """Return the images of a folder, or of its direct subfolders, `2.png` before `10.png`."""
    found = _images_in(folder)
    if not found:
        for child in sorted(path for path in folder.iterdir() if path.is_dir()):
            found += _images_in(child)
    return found


def read_images(folder: Path, rate_hz: float, camera: str) -> Iterator[SourceFrame]:
    """Give each image of a folder as a frame, one every `1 / rate_hz` seconds.

    Images in subfolders take the subfolder's name as their truth, as data sets are laid out.

    Raises:
        PerceptionError: the folder holds no image, or an image cannot be read.
    """
    paths = list_images(folder)
    if not paths:
        raise PerceptionError(
            f'{folder} holds no image and no recording: give a folder of PNG or JPEG files, or '
            'one with the metadata.yaml, .mcap or .db3 of a rosbag2 bag'
        )
    return _read(folder, paths, rate_hz, camera)


def _read(folder: Path, paths: list[Path], rate_hz: float, camera: str) -> Iterator[SourceFrame]:
    for index, path in enumerate(paths):
        stamp_ns = EPOCH_NS + round(index * 1e9 / rate_hz)
        truth = None if path.parent == folder else path.parent.name
        message = image_message(decode_file(path).rgb(), stamp_ns, camera)
        yield SourceFrame(camera, stamp_ns, stamp_ns, message, truth, truth is not None)


def _images_in(folder: Path) -> list[Path]:
    found = (path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    return sorted((path for path in found if path.is_file()), key=_natural)


def _natural(path: Path) -> list[tuple[int, str]]:
    parts = re.split(r'(\d+)', path.name)
    return [(int(part), '') if part.isdigit() else (-1, part) for part in parts]
