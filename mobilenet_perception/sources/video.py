# SPDX-License-Identifier: Apache-2.0
"""A video file as the frames of a camera."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from mobilenet_perception.camera_messages import image_message
from mobilenet_perception.errors import PerceptionError
from mobilenet_perception.sources.frame import EPOCH_NS, SourceFrame


def read_video(path: Path, rate_hz: float | None, camera: str) -> Iterator[SourceFrame]:
    """Yield the frames of a video, at its own rate or as if it had been filmed at `rate_hz`.

    Raises:
        PerceptionError: OpenCV cannot read a single frame of the file.
    """
    capture = cv2.VideoCapture(str(path))
    try:
        own_rate = capture.get(cv2.CAP_PROP_FPS)
        rate_hz = rate_hz or (own_rate if np.isfinite(own_rate) and own_rate > 0 else 30.0)
        index = 0
        while True:
            more, bgr = capture.read()
            if not more:
                break
            stamp_ns = EPOCH_NS + round(index * 1e9 / rate_hz)
            rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
            message = image_message(rgb, stamp_ns, camera)  # type: ignore[arg-type]
            yield SourceFrame(camera, stamp_ns, stamp_ns, message)
            index += 1
    finally:
        capture.release()
    if not index:
        raise PerceptionError(
            f'{path} is not a video that OpenCV can read: give an MP4, AVI or MKV file, '
            'an image folder or a rosbag2 bag'
        )
