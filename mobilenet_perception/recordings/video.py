# SPDX-License-Identifier: Apache-2.0
"""A video file as the frames of a camera."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.frames.messages import image_message
from mobilenet_perception.recordings.frame import EPOCH_NS, SourceFrame


def read_video(path: Path, rate_hz: float | None, camera: str) -> Iterator[SourceFrame]:
    """Give the frames of a video, at its own rate or as if it had been filmed at `rate_hz`.

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
    return _read(capture, first, rate_hz, camera)


def _read(
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
