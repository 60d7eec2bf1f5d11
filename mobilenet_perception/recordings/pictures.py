# SPDX-License-Identifier: Apache-2.0
"""Pictures as the frames of a camera: a drawn drive, a video, a folder of images."""

import re
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames import decode_file
from mobilenet_perception.frames.image_files import (
    is_image_file,
    left_out,
    left_out_words,
)
from mobilenet_perception.frames.messages import image_message
from mobilenet_perception.recordings.foreign import is_ros1_bag, ros1_error
from mobilenet_perception.recordings.labels import canonical_label
from mobilenet_perception.recordings.source import EPOCH_NS, SourceFrame, warn


def read_drive(
    rate_hz: float, seconds: float, camera: str, stamps: Container[int] | None = None
) -> Iterator[SourceFrame]:
    """Yield the frames of a drive, with the truth, whether it is clear, and where to look.

    With `stamps`, only those are drawn and yielded: drawing is what takes long.
    """
    from mobilenet_perception.street import Drive, sidewalk_world  # noqa: PLC0415

    drive = Drive(sidewalk_world(), seconds, rate_hz)
    for index in range(len(drive)):
        stamp_ns = EPOCH_NS + drive.time_ns(index)
        if stamps is not None and stamp_ns not in stamps:
            continue
        frame = drive.frame(index)
        message = image_message(frame.image, stamp_ns, camera)
        yield SourceFrame(camera, stamp_ns, stamp_ns, message, frame.truth, frame.clear, frame.roi)


def read_video(path: Path, rate_hz: float | None, camera: str) -> Iterator[SourceFrame]:
    """Yield the frames of a video, at its own rate or as if it had been filmed at `rate_hz`.

    Raises:
        PerceptionError: OpenCV cannot read a single frame of the file.
    """
    capture = cv2.VideoCapture(str(path))
    first = capture.read()
    if not first[0]:
        raise PerceptionError(
            f'{path} is not a video that OpenCV can read: give an MP4, AVI or MKV file, '
            'an image folder or a rosbag2 bag'
        )
    own_rate = capture.get(cv2.CAP_PROP_FPS)
    rate_hz = rate_hz or (own_rate if np.isfinite(own_rate) and own_rate > 0 else 30.0)
    return _video_frames(capture, first, rate_hz, camera)


def read_images(
    folder: Path, rate_hz: float, camera: str, significant_bits: int = 0
) -> Iterator[SourceFrame]:
    """Yield each image of a folder as a frame, one every `1 / rate_hz` seconds.

    Images in subfolders take the subfolder's name as their truth, as data sets are laid out.
    `significant_bits` is as in `decode_file`.

    Raises:
        PerceptionError: the folder holds no image, or an image cannot be read.
    """
    paths = list_images(folder)
    warn_of_left_out(folder)
    if not paths:
        if bags := sorted(path for path in folder.iterdir() if is_ros1_bag(path)):
            raise ros1_error(bags[0])
        raise PerceptionError(
            f'{folder} holds no image and no recording: give a folder of PNG or JPEG files, or '
            'one with the metadata.yaml, .mcap or .db3 of a rosbag2 bag'
        )
    return _image_frames(folder, paths, rate_hz, camera, significant_bits)


def list_images(folder: Path) -> list[Path]:
    """Return the images of a folder, or of its direct subfolders, `2.png` before `10.png`."""
    found = _images_in(folder)
    if not found:
        for child in sorted(path for path in folder.iterdir() if path.is_dir()):
            found += _images_in(child)
    return found


def warn_of_left_out(folder: Path) -> None:
    """Say on stderr which files of a folder `list_images` does not take."""
    folders = [folder]
    if not _images_in(folder):
        folders += [path for path in folder.iterdir() if path.is_dir()]
    if words := left_out_words(left_out(p for place in folders for p in place.iterdir()), folder):
        warn(words)


def _video_frames(
    capture: cv2.VideoCapture, first: tuple[bool, Any], rate_hz: float, camera: str
) -> Iterator[SourceFrame]:
    more, bgr = first
    index = 0
    try:
        while more:
            stamp_ns = EPOCH_NS + round(index * 1e9 / rate_hz)
            message = image_message(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), stamp_ns, camera)
            yield SourceFrame(camera, stamp_ns, stamp_ns, message)
            more, bgr = capture.read()
            index += 1
    finally:
        capture.release()


def _image_frames(
    folder: Path, paths: list[Path], rate_hz: float, camera: str, significant_bits: int
) -> Iterator[SourceFrame]:
    for index, path in enumerate(paths):
        stamp_ns = EPOCH_NS + round(index * 1e9 / rate_hz)
        truth = None if path.parent == folder else canonical_label(path.parent.name)
        rgb = decode_file(path, significant_bits=significant_bits).rgb()
        message = image_message(rgb, stamp_ns, camera)
        yield SourceFrame(camera, stamp_ns, stamp_ns, message, truth, truth is not None)


def _images_in(folder: Path) -> list[Path]:
    return sorted((path for path in folder.iterdir() if is_image_file(path)), key=_natural)


def _natural(path: Path) -> list[tuple[int, str]]:
    parts = re.split(r'(\d+)', path.name)
    return [(int(part), '') if part.isdigit() else (-1, part) for part in parts]
